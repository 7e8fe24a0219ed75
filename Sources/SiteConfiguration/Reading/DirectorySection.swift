import Directory
import MailModel

/// `directory:` (one) and `directories:` (several by name).
enum DirectorySection {
    static func read(_ site: SectionReader) -> [DirectoryModel] {
        var result: [DirectoryModel] = []
        if let section = site.section("directory"), let model = read(section, name: SiteModel.mainDirectory) {
            result.append(model)
        }
        if let others = site.node("directories") {
            for entry in others.entries ?? [] {
                if let model = read(SectionReader(entry.value, site.context), name: entry.key) { result.append(model) }
            }
        }
        return result
    }

    private static func read(_ reader: SectionReader, name: String) -> DirectoryModel? {
        let base = reader.string("base")
        let ldif = reader.string("ldif").map { text in
            text.map { reader.context.absolute($0, relativeTo: text.location.file) }
        }
        let urls = reader.strings("servers") ?? []
        let bind = readBind(reader)
        let startTLS = reader.boolean("start_tls")?.value ?? false
        let tls = TLSSection.readClient(reader)
        let connectTimeout = reader.duration("connect_timeout")?.value ?? .seconds(5)
        let operationTimeout = reader.duration("timeout")?.value ?? .seconds(10)
        let connections = reader.integer("connections", in: 1...16)?.value ?? 2
        let referralHosts = reader.strings("referral_hosts") ?? []
        let cache = cache(reader)
        reader.finish()
        if let ldif {
            guard urls.isEmpty else {
                reader.context.faults.error(
                    at: reader.location, "\(reader.path) has both servers and ldif", remedy: "keep one of them")
                return nil
            }
            return DirectoryModel(name: name, kind: .ldif(ldif), base: base)
        }
        guard !urls.isEmpty else {
            reader.context.faults.error(
                at: reader.location, "\(reader.path) has neither servers nor ldif",
                remedy: "servers: [ldap://host], or ldif: people.ldif")
            return nil
        }
        let servers = LDAPServersModel(
            urls: urls, bind: bind, startTLS: startTLS, tls: tls, connectTimeout: connectTimeout,
            operationTimeout: operationTimeout, connections: connections, referralHosts: referralHosts, cache: cache)
        return DirectoryModel(name: name, kind: .servers(servers), base: base)
    }

    private static func cache(_ parent: SectionReader) -> DirectoryCacheModel {
        var model = DirectoryCacheModel()
        guard let reader = parent.section("cache") else { return model }
        model.foundTime = reader.duration("found")
        model.absentTime = reader.duration("absent")
        model.staleTime = reader.duration("stale")
        reader.finish()
        return model
    }

    private static func readBind(_ reader: SectionReader) -> LDAPServersModel.Bind {
        guard let node = reader.node("bind") else { return .anonymous }
        if let text = node.scalar {
            switch text {
            case "anonymous": return .anonymous
            case "external": return .external
            default:
                reader.context.faults.error(
                    at: node.location, "\(node.path): \(text) is not a way to bind",
                    remedy: "anonymous, external, or a mapping with dn and password")
                return .anonymous
            }
        }
        let bind = SectionReader(node, reader.context)
        let name = bind.require(bind.string("dn"), "dn", remedy: "give the DN of the service's account")
        let password = bind.require(
            bind.string("password"), "password", remedy: "password: {file: /etc/postroom/directory.password}")
        let origin = bind.node("password").map { bind.context.secretOrigin($0) } ?? .written
        bind.finish()
        guard let name, let password else { return .anonymous }
        if password.value.isEmpty {
            reader.context.faults.error(
                at: password.location, "\(node.path).password is empty",
                remedy:
                    "a bind with an empty password is anonymous at many servers; write bind: anonymous if that is meant"
            )
        }
        return .simple(name: name, password: password.map { Secret($0) }, origin: origin)
    }
}
