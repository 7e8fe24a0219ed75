import Accounts
import Directory
import LDAP
import Logging
import MailModel
import NIOCore
import Passwords
import SiteConfiguration

/// `DirectoryModel` → sources of answers. Connects to nobody; reads LDIF files, so it blocks.
struct DirectoryBuilder {
    let group: any EventLoopGroup
    let hashing: PasswordChecker.Run
    /// Attributes in which this site keeps passwords, whatever they are called: nothing of them is kept.
    let secretAttributes: Set<AttributeDescription>
    let faults: FaultCollector
    private let logger = Logger(label: "directory")

    func build(_ models: [DirectoryModel]) -> (set: DirectorySet, kept: [KeptDirectory]) {
        var set = DirectorySet()
        var kept: [KeptDirectory] = []
        for model in models {
            switch model.kind {
            case .ldif(let path):
                guard let directory = ldif(path) else { continue }
                set.members[model.name] = DirectorySet.Member(source: directory, live: directory, base: model.base)
                kept.append(.ldif(directory))
            case .servers(let servers):
                guard let client = client(servers) else { continue }
                let chain = chain(client, servers.cache)
                set.members[model.name] = DirectorySet.Member(
                    source: chain.cache, live: chain.guarded, base: model.base, client: client)
                kept.append(.servers(chain))
            }
        }
        return (set, kept)
    }

    private func chain(_ client: LDAPClient, _ model: DirectoryCacheModel) -> GuardedServers {
        var cacheOptions = DirectoryCacheOptions()
        if let time = model.foundTime { cacheOptions.foundLifetime = time.value }
        if let time = model.absentTime { cacheOptions.emptyLifetime = time.value }
        if let time = model.staleTime { cacheOptions.staleTime = time.value }
        cacheOptions.secretAttributes.formUnion(secretAttributes)
        var guardOptions = ShrinkingGuardOptions()
        guardOptions.secretAttributes.formUnion(secretAttributes)
        let guarded = ShrinkingGuard(LDAPServers(client), options: guardOptions, logger: logger)
        let cache = CachedDirectory(guarded, options: cacheOptions, logger: logger)
        return GuardedServers(client: client, guarded: guarded, cache: cache)
    }

    private func ldif(_ path: Located<String>) -> LDIFDirectory? {
        let checker = PasswordChecker(defaultScheme: .plain, run: hashing)
        do throws(LDIFFaults) {
            return try LDIFDirectory.load(path: path.value, verifier: checker)
        } catch {
            for fault in error.faults {
                faults.error(at: fault.location, fault.text, remedy: "named at \(path.location)")
            }
            return nil
        }
    }

    func client(_ model: LDAPServersModel) -> LDAPClient? {
        var urls: [LDAPURL] = []
        for text in model.urls {
            do {
                urls.append(try LDAPURL(parsing: text.value))
            } catch {
                faults.error(
                    at: text.location, "\(text.value): \(error)", remedy: "for example ldap://ldap.example.org")
            }
        }
        guard urls.count == model.urls.count else { return nil }
        let identity: LDAPClientConfiguration.Identity
        switch model.bind {
        case .anonymous: identity = .anonymous
        case .external: identity = .external
        case .simple(let name, let password, _):
            identity = .simple(name: name.value, password: LDAPPassword(password.value.bytes))
            if !model.startTLS, let url = model.urls.first(where: { Self.isClear($0.value) }) {
                faults.warning(
                    at: url.location, "the password of \(name.value) and those of users go to \(url.value) in clear",
                    remedy: "use ldaps://, or start_tls: yes")
            }
        }
        guard let version = version(model.tls.minimumVersion) else { return nil }
        var configuration = LDAPClientConfiguration(
            servers: urls, identity: identity,
            tls: LDAPTLSOptions(
                verification: model.tls.verifies ? .demand : .never, authorityFile: model.tls.caFile?.value,
                authorityDirectory: model.tls.caDirectory?.value, certificateFile: model.tls.certificate?.value,
                keyFile: model.tls.key?.value, minimumVersion: version,
                cipherSuites: model.tls.cipherSuites.isEmpty ? nil : model.tls.cipherSuites.map(\.value)),
            startTLS: model.startTLS, connectTimeout: model.connectTimeout, operationTimeout: model.operationTimeout,
            connections: model.connections)
        configuration.referrals = LDAPReferralOptions(hosts: model.referralHosts.compactMap(referralHost))
        do {
            return try LDAPClient(configuration, eventLoopGroup: group, logger: logger)
        } catch {
            faults.error(
                at: model.urls.first?.location ?? .builtIn, error.description,
                remedy: "mend the directory's tls: section")
            return nil
        }
    }

    private func version(_ text: Located<String>?) -> LDAPTLSOptions.Version? {
        switch text?.value {
        case nil, "1.2"?: return .tls12
        case "1.0"?: return .tls10
        case "1.1"?: return .tls11
        case "1.3"?: return .tls13
        case let other?:
            if let text {
                faults.error(at: text.location, "there is no TLS \(other)", remedy: "1.0, 1.1, 1.2 or 1.3")
            }
            return nil
        }
    }

    /// `ldap2.example.org`, `ldap2.example.org:1389`, `[2001:db8::1]:1389`
    private func referralHost(_ text: Located<String>) -> LDAPReferralOptions.Host? {
        let value = text.value.contains("://") ? text.value : "ldap://" + text.value
        do {
            let url = try LDAPURL(parsing: value)
            guard !url.host.isEmpty else {
                faults.error(at: text.location, "\(text.value) names no host", remedy: "for example ldap2.example.org")
                return nil
            }
            return LDAPReferralOptions.Host(name: url.host, port: url.port)
        } catch {
            faults.error(at: text.location, "\(text.value): \(error)", remedy: "for example ldap2.example.org")
            return nil
        }
    }

    /// Whether a password on the way to this server could be overheard: no TLS, and not on this machine.
    private static func isClear(_ url: String) -> Bool {
        guard url.lowercased().hasPrefix("ldap://") else { return false }
        return !["localhost", "127.0.0.1", "[::1]"].contains { url.dropFirst("ldap://".count).hasPrefix($0) }
    }
}

/// LDAP servers, the guard that doubts a sudden shrinking, and the cache in front of both.
struct GuardedServers: Sendable {
    let client: LDAPClient
    let guarded: ShrinkingGuard
    let cache: CachedDirectory

    /// Connections, second looks and refreshes, until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { tasks in
            tasks.addTask { await client.run() }
            tasks.addTask { await guarded.run() }
            tasks.addTask { await cache.run() }
        }
    }
}

/// What has to be looked after while a site is in force.
enum KeptDirectory: Sendable {
    case ldif(LDIFDirectory)
    case servers(GuardedServers)
}
