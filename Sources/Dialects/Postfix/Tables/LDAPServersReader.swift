import Directory
import LDAP
import LookupTables
import MailModel
import SiteConfiguration

/// The connection that a table's parameters describe.
struct LDAPServersReader {
    let builder: LDAPTableBuilder

    private var reading: PostfixReading { builder.reading }

    func servers() -> LDAPServersModel? {
        let urls = urls()
        guard !urls.isEmpty else {
            reading.error(
                at: builder.source.location("server_host"), "\(builder.source.name): server_host names no server",
                remedy: "write server_host = ldap://ldap.example.org")
            return nil
        }
        var servers = LDAPServersModel(urls: urls, bind: bind())
        servers.startTLS = builder.boolean("start_tls") ?? false
        let isImplicit = urls.contains { $0.value.lowercased().hasPrefix("ldaps:") }
        if servers.startTLS, isImplicit {
            reading.error(
                at: builder.source.location("start_tls"), "start_tls = yes can't be used with ldaps://",
                remedy: "write ldap:// in server_host, or start_tls = no")
        }
        servers.tls = tls(isUsed: servers.startTLS || isImplicit)
        let seconds = builder.integer("timeout", minimum: 0)?.value ?? 10
        servers.connectTimeout = .seconds(max(1, seconds))
        servers.operationTimeout = .seconds(max(1, seconds))
        if builder.boolean("chase_referrals") == true {
            servers.referralHosts = urls.compactMap { url in
                let host = (try? LDAPURL(parsing: url.value))?.host ?? ""
                return host.isEmpty ? nil : Located(host, at: url.location)
            }
            builder.tell("chase_referrals", .used, "referrals are followed to the servers of server_host only")
        }
        return servers
    }

    private func urls() -> [Located<String>] {
        let place = builder.source.location("server_host")
        let port = builder.integer("server_port", minimum: 0)?.value ?? 389
        let text = builder.text("server_host")?.value ?? "localhost"
        var urls: [Located<String>] = []
        for word in WordList.words(text) ?? [] {
            let url: String
            if word.contains("://") {
                url = word
            } else if let colon = word.lastIndex(of: ":"), !word.hasSuffix("]"),
                Int(word[word.index(after: colon)...]) != nil
            {
                url = "ldap://\(word)"
            } else {
                url = "ldap://\(word):\(port)"
            }
            if (try? LDAPURL(parsing: url)) == nil {
                reading.warning(
                    at: place, "server_host: \"\(WordList.printable(word))\" is no server's name or URL: passed over",
                    remedy: "write ldap://host, ldaps://host or a host's name")
            } else {
                urls.append(Located(url, at: place))
            }
        }
        if urls.isEmpty, text.isEmpty { return reading.draft.ldapDefaults.urls }
        return urls
    }

    private func bind() -> LDAPServersModel.Bind {
        let name = builder.text("bind_dn") ?? Located("", at: builder.source.location)
        let password = builder.source.parameters.bytes("bind_pw") ?? []
        switch (builder.text("bind")?.value ?? "yes").lowercased() {
        case "yes", "simple": break
        case "no", "none": return .anonymous
        case "sasl":
            if builder.text("sasl_mechs")?.value.uppercased() == "EXTERNAL" { return .external }
            builder.tell("bind", .unsupported(builder.effect), "of the SASL mechanisms only EXTERNAL is spoken")
            return .anonymous
        case let other:
            reading.error(
                at: builder.source.location("bind"), "bind: \"\(WordList.printable(other))\" is not known",
                remedy: "write yes or no")
            return .anonymous
        }
        guard !name.value.isEmpty else { return .anonymous }
        guard !password.isEmpty else {
            reading.warning(
                at: name.location, "bind_dn has no bind_pw: an empty password is never sent, the search is anonymous",
                remedy: "set bind_pw, or bind = no")
            return .anonymous
        }
        return .simple(
            name: name, password: Located(Secret(password), at: builder.source.location("bind_pw")), origin: .written)
    }

    private func tls(isUsed: Bool) -> ClientTLSModel {
        var tls = ClientTLSModel()
        let defaults = reading.draft.ldapDefaults
        tls.caFile = file("tls_ca_cert_file", defaults.caFile)
        tls.caDirectory = file("tls_ca_cert_dir", defaults.caDirectory)
        tls.certificate = file("tls_cert", defaults.certificate)
        tls.key = file("tls_key", defaults.key)
        tls.minimumVersion = defaults.minimumVersion
        if let suites = builder.text("tls_cipher_suite") ?? defaults.cipherSuites, !suites.value.isEmpty {
            if let names = OpenSSLCipherList.suites(suites.value) {
                tls.cipherSuites = names.map { Located($0, at: suites.location) }
            } else {
                builder.tell("tls_cipher_suite", .ignored, "not understood: the TLS library's own choice is used")
            }
        }
        // Postfix decides by its own parameter alone: ldap.conf's TLS_REQCERT does not count, and no is the default.
        let verifies = builder.boolean("tls_require_cert") ?? false
        // Without TLS nothing is verified, and tables that differ in nothing else share their connections.
        tls.verifies = isUsed ? verifies : true
        if isUsed, !verifies {
            let note = "any certificate of the LDAP server is accepted: whoever can take its address can answer for it"
            if builder.source.isSet("tls_require_cert") {
                builder.tell("tls_require_cert", .weak, note)
            } else {
                reading.report(
                    "tls_require_cert", value: "no", at: builder.source.location("server_host"), .weak,
                    note + "; it is not set, and no is Postfix's default")
            }
        }
        return tls
    }

    /// What the table leaves open is libldap's.
    private func file(_ name: String, _ standard: Located<String>?) -> Located<String>? {
        if let path = builder.text(name), !path.value.isEmpty {
            return path.map { reading.draft.files.hostPath(reading.absolute($0)) }
        }
        return standard?.map { reading.draft.files.hostPath($0) }
    }
}
