package import Dialects
import Directory
package import FuzzSupport
import SiteConfiguration

/// Configurations of other programs out of one input: its files follow each other, parted by a record separator (0x1E).
package enum FuzzedSite {
    private static let separator: UInt8 = 0x1E

    /// Reads a site and holds it to what every import promises: a fault that would stop the start says where and what to do.
    ///
    /// - Parameters:
    ///   - paths: of the input's files, in its order; further ones are not there.
    ///   - fixed: files that are the same for every input.
    package static func read(
        _ input: FuzzInput, _ origins: [ConfigurationOrigin], paths: [String], fixed: [String: String] = [:]
    ) -> ImportedSite {
        var files = fixed.mapValues { Array($0.utf8) }
        let parts = input.bytes.split(separator: separator, omittingEmptySubsequences: false)
        for (path, part) in zip(paths, parts) { files[path] = Array(part) }
        let present = files
        let host = ConfigurationFiles.Host(
            read: { present[$0] },
            list: { folder in
                let names = present.keys.filter { $0.hasPrefix(folder + "/") }.map { $0.dropFirst(folder.count + 1) }
                return names.isEmpty ? nil : Set(names.map { String($0.prefix { $0 != "/" }) }).sorted()
            })
        let site = SiteImport.read(
            ImportRequest(origins: origins), host: host, environment: [:], machineName: "mail.example.net")
        for fault in site.faults where fault.severity == .error {
            require(!fault.location.file.isEmpty, "no place: \(fault)")
            require(!fault.remedy.isEmpty, "no remedy: \(fault)")
        }
        // What is written of a model, faulty or not, is bounded and ends.
        require(site.model.yaml.utf8.count < 64 << 20, "the model grew without bound")
        return site
    }
}
