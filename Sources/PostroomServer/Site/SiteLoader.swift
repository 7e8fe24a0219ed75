import Directory
import Glibc
package import SiteConfiguration

/// A site's configuration as it was read, with what is weak or odd in it.
package struct LoadedSite: Sendable {
    package var model: SiteModel
    package var warnings: [ConfigurationFault]
    /// What became of each setting, for a site made of other programs' configurations.
    package var report: ImportReport?
}

/// Reads configuration files. Called before anything listens, or from `Blocking` at a reload: it does blocking reads.
package enum SiteLoader {
    package static func load(
        _ path: String, environment: [String: String]
    ) throws(ConfigurationFaults) -> LoadedSite {
        let (model, faults) = try inspect(path, environment: environment)
        guard let model, faults.allSatisfy({ $0.severity == .warning }) else { throw ConfigurationFaults(faults) }
        return LoadedSite(model: model, warnings: faults)
    }

    /// Every fault and every oddity that the configuration shows without asking a server, in the order of the file.
    package static func faults(_ path: String, environment: [String: String]) async -> [ConfigurationFault] {
        var all: [ConfigurationFault]
        do {
            let (model, faults) = try inspect(path, environment: environment)
            all = faults
            if let model { all += await Site.faults(of: model) }
        } catch {
            all = error.faults
        }
        var seen: Set<ConfigurationFault> = []
        return all.filter { seen.insert($0).inserted }.enumerated().sorted { left, right in
            let (one, other) = (left.element.location, right.element.location)
            guard one.file == other.file, let first = one.line, let second = other.line, first != second else {
                return left.offset < right.offset
            }
            return first < second
        }.map(\.element)
    }

    private static func inspect(
        _ path: String, environment: [String: String]
    ) throws(ConfigurationFaults) -> (model: SiteModel?, faults: [ConfigurationFault]) {
        let absolute = ConfigurationFile.absolute(path)
        guard let content = read(absolute) else {
            throw ConfigurationFaults([
                ConfigurationFault(
                    .error, at: SourceLocation(file: absolute), "can't be read: \(String(cString: strerror(errno)))",
                    remedy: "name the site's configuration with --config FILE")
            ])
        }
        let sources = ConfigurationSources(environment: environment, readFile: read)
        return try SiteReader.inspect(String(decoding: content, as: UTF8.self), file: absolute, sources: sources)
    }

    static func read(_ path: String) -> [UInt8]? { ConfigurationFile.read(path) }
}

/// The environment as a dictionary.
package enum ProcessEnvironment {
    package static var current: [String: String] {
        var result: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                result[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next += 1
        }
        return result
    }
}
