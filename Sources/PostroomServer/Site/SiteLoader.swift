import Directory
import Glibc
package import SiteConfiguration

/// A site's configuration as it was read, with what is weak or odd in it.
package struct LoadedSite: Sendable {
    package var model: SiteModel
    package var warnings: [ConfigurationFault]
}

/// Reads configuration files. Called before anything listens, or from `Blocking` at a reload: it does blocking reads.
package enum SiteLoader {
    /// A configuration beyond this is a mistake.
    private static let maximumSize = 4 << 20

    package static func load(
        _ path: String, environment: [String: String]
    ) throws(ConfigurationFaults) -> LoadedSite {
        let absolute = path.hasPrefix("/") ? path : workingDirectory() + "/" + path
        guard let content = read(absolute) else {
            throw ConfigurationFaults([
                ConfigurationFault(
                    .error, at: SourceLocation(file: absolute), "can't be read: \(String(cString: strerror(errno)))",
                    remedy: "name the site's configuration with --config FILE")
            ])
        }
        let sources = ConfigurationSources(environment: environment, readFile: read)
        let (model, warnings) = try SiteReader.read(
            String(decoding: content, as: UTF8.self), file: absolute, sources: sources)
        return LoadedSite(model: model, warnings: warnings)
    }

    private static func workingDirectory() -> String {
        guard let path = getcwd(nil, 0) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }

    /// A whole file; nil with `errno` when it can't be read.
    static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while content.count <= maximumSize {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? content : nil }
            content += chunk.prefix(count)
        }
        errno = EFBIG
        return nil
    }
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
