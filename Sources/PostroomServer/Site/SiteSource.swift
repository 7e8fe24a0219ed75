package import Dialects
import Directory
import Glibc
package import SiteConfiguration

/// Where a site's configuration comes from, for start and every reload.
package enum SiteSource: Sendable {
    /// postroom.yaml.
    case file(String)
    /// Other programs' configurations as they stand.
    case programs(ImportRequest)

    /// For the log.
    package var name: String {
        switch self {
        case .file(let path): path
        case .programs(let request):
            request.origins.map { "\($0.dialect.rawValue):\($0.path)" }.joined(separator: ", ")
        }
    }
}

extension SiteLoader {
    package static func load(
        _ source: SiteSource, environment: [String: String]
    ) throws(ConfigurationFaults) -> LoadedSite {
        switch source {
        case .file(let path): return try load(path, environment: environment)
        case .programs(let request):
            let site = imported(request, environment: environment)
            guard site.faults.allSatisfy({ $0.severity == .warning }) else { throw ConfigurationFaults(site.faults) }
            return LoadedSite(model: site.model, warnings: site.faults, report: site.report)
        }
    }

    /// `load`, with the folders of mail asked of the directory where the configuration doesn't tell them. On a thread where
    /// reading may wait.
    package static func loadWhole(
        _ source: SiteSource, environment: [String: String]
    ) async throws(ConfigurationFaults) -> LoadedSite {
        let result: Result<LoadedSite, ConfigurationFaults>? = await Hashing.blocking {
            do throws(ConfigurationFaults) {
                return .success(try load(source, environment: environment))
            } catch {
                return .failure(error)
            }
        }
        guard let result else {
            throw ConfigurationFaults([
                ConfigurationFault(
                    .error, at: SourceLocation(file: source.name),
                    "too much is being read and checked to read the configuration", remedy: "try again")
            ])
        }
        var loaded = try result.get()
        let (model, faults) = await RootFinder.complete(loaded.model, of: source)
        loaded.model = model
        loaded.warnings += faults
        guard faults.allSatisfy({ $0.severity == .warning }) else { throw ConfigurationFaults(loaded.warnings) }
        return loaded
    }

    /// What other programs' configurations come to, with the folders of mail asked of the directory where they don't tell
    /// them.
    package static func importedWhole(_ request: ImportRequest, environment: [String: String]) async -> ImportedSite {
        var site = imported(request, environment: environment)
        guard site.faults.allSatisfy({ $0.severity == .warning }) else { return site }
        let (model, faults) = await RootFinder.complete(site.model, of: .programs(request))
        site.model = model
        site.faults += faults
        return site
    }

    package static func faults(_ source: SiteSource, environment: [String: String]) async -> [ConfigurationFault] {
        switch source {
        case .file(let path): return await faults(path, environment: environment)
        case .programs(let request):
            let site = await importedWhole(request, environment: environment)
            let more = await Site.faults(of: site.model).filter { !site.faults.contains($0) }
            return site.faults + more
        }
    }

    /// What other programs' configurations come to, faults and all.
    ///
    /// - Parameter replacing: contents that stand for those of files, by path: what a change would make of the site.
    package static func imported(
        _ request: ImportRequest, environment: [String: String], replacing: [String: [UInt8]] = [:]
    ) -> ImportedSite {
        SiteImport.read(
            request,
            host: ConfigurationFiles.Host(
                read: { replacing[$0] ?? ConfigurationFile.read($0) }, list: ConfigurationFile.names),
            environment: environment, machineName: machineName(), machineAddresses: machineAddresses())
    }

    /// This machine's addresses with the length of their networks, `192.0.2.17/24`.
    private static func machineAddresses() -> [String] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var result: [String] = []
        var next = first
        while let interface = next?.pointee, result.count < 10_000 {
            next = interface.ifa_next
            guard let address = interface.ifa_addr, let text = numericHost(address) else { continue }
            let ones = interface.ifa_netmask.map(prefixLength) ?? (text.contains(":") ? 128 : 32)
            result.append("\(text)/\(ones)")
        }
        return result
    }

    private static func numericHost(_ address: UnsafeMutablePointer<sockaddr>) -> String? {
        let length: Int
        switch Int32(address.pointee.sa_family) {
        case AF_INET: length = MemoryLayout<sockaddr_in>.size
        case AF_INET6: length = MemoryLayout<sockaddr_in6>.size
        default: return nil
        }
        var buffer = [CChar](repeating: 0, count: 128)
        guard getnameinfo(address, socklen_t(length), &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0
        else {
            return nil
        }
        // A link-local address has its interface behind it.
        return String(decoding: buffer.prefix { $0 != 0 && $0 != 0x25 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func prefixLength(_ mask: UnsafeMutablePointer<sockaddr>) -> Int {
        switch Int32(mask.pointee.sa_family) {
        case AF_INET:
            mask.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_addr.s_addr.nonzeroBitCount }
        case AF_INET6:
            mask.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin6_addr) { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
            }
        default: 0
        }
    }

    /// This machine's full name, as `hostname -f` gives it.
    private static func machineName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        let name = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard !name.contains(".") else { return name }
        var hints = addrinfo()
        hints.ai_flags = AI_CANONNAME
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &found) == 0 else { return name }
        defer { freeaddrinfo(found) }
        return found?.pointee.ai_canonname.map { String(cString: $0) } ?? name
    }
}

/// Paths as they stand on a command line.
package enum SitePath {
    /// As the shell that started the program means it; the process itself may move elsewhere.
    package static func absolute(_ path: String) -> String { ConfigurationFile.absolute(path) }

    /// The first line of a file, as secrets are kept in; nil when it can't be read.
    package static func firstLine(_ path: String) -> String? {
        ConfigurationFile.read(path).map { contents in
            String(decoding: contents.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
        }
    }
}
