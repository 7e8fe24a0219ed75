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
    let faults: FaultCollector
    private let logger = Logger(label: "directory")

    func build(_ models: [DirectoryModel]) -> (set: DirectorySet, kept: [KeptDirectory]) {
        var set = DirectorySet()
        var kept: [KeptDirectory] = []
        for model in models {
            switch model.kind {
            case .ldif(let path):
                guard let directory = ldif(path) else { continue }
                set.members[model.name] = DirectorySet.Member(source: directory, base: model.base)
                kept.append(.ldif(directory))
            case .servers(let servers):
                guard let client = client(servers) else { continue }
                set.members[model.name] = DirectorySet.Member(source: LDAPServers(client), base: model.base)
                kept.append(.servers(client))
            }
        }
        return (set, kept)
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

    private func client(_ model: LDAPServersModel) -> LDAPClient? {
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
        let configuration = LDAPClientConfiguration(
            servers: urls, identity: identity,
            tls: LDAPTLSOptions(
                verification: model.tls.verifies ? .demand : .never, authorityFile: model.tls.caFile?.value,
                certificateFile: model.tls.certificate?.value, keyFile: model.tls.key?.value),
            startTLS: model.startTLS, connectTimeout: model.connectTimeout, operationTimeout: model.operationTimeout,
            connections: model.connections)
        do {
            return try LDAPClient(configuration, eventLoopGroup: group, logger: logger)
        } catch {
            faults.error(
                at: model.urls.first?.location ?? .builtIn, error.description,
                remedy: "mend the directory's tls: section")
            return nil
        }
    }

    /// Whether a password on the way to this server could be overheard: no TLS, and not on this machine.
    private static func isClear(_ url: String) -> Bool {
        guard url.lowercased().hasPrefix("ldap://") else { return false }
        return !["localhost", "127.0.0.1", "[::1]"].contains { url.dropFirst("ldap://".count).hasPrefix($0) }
    }
}

/// What has to be looked after while a site is in force.
enum KeptDirectory: Sendable {
    case ldif(LDIFDirectory)
    case servers(LDAPClient)
}
