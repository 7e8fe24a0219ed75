import Directory
import MailModel
import SiteConfiguration

/// What a program's own settings say of its LDAP servers; libldap's defaults fill what they leave open.
struct LDAPConnectionSettings {
    var urls: [Located<String>] = []
    var bindName: Located<String>?
    var bindPassword: Located<Secret>?
    var startTLS: Located<Bool>?
    var caFile: Located<String>?
    var caDirectory: Located<String>?
    var certificate: Located<String>?
    var key: Located<String>?
    var cipherSuites: Located<String>?
    var minimumVersion: Located<String>?
    var certificateCheck: Located<LDAPClientDefaults.CertificateCheck>?
    var timeout: Duration?
    var referralHosts: [Located<String>] = []

    /// The directory of the draft with these servers.
    ///
    /// - Parameters:
    ///   - program: whose settings they are, for messages.
    ///   - location: where they would be set.
    func directory(_ draft: inout SiteDraft, program: String, at location: SourceLocation) -> String {
        let urls = urls.isEmpty ? draft.ldapDefaults.urls : urls
        let servers = servers(&draft, urls, program: program, at: location)
        return draft.directory(servers, name: LDAPServerList.name(of: urls.map(\.value)))
    }

    private func servers(
        _ draft: inout SiteDraft, _ urls: [Located<String>], program: String, at location: SourceLocation
    ) -> LDAPServersModel {
        let defaults = draft.ldapDefaults
        let texts = urls.map(\.value)
        var bind = LDAPServersModel.Bind.anonymous
        if let bindName, !bindName.value.isEmpty {
            if let bindPassword, !bindPassword.value.isEmpty {
                bind = .simple(name: bindName, password: bindPassword, origin: .written)
            } else {
                draft.warning(
                    at: bindName.location,
                    "\(program) binds by a name without a password: an empty one is never sent, the search is anonymous",
                    remedy: "give the password, or take the name out")
            }
        }
        let isEncrypted = startTLS?.value ?? false || LDAPServerList.isImplicitTLS(texts)
        let place = startTLS?.location ?? urls.first?.location ?? location
        if !isEncrypted, !LDAPServerList.isLocal(texts) {
            draft.tell(
                "LDAP without TLS", texts.joined(separator: " "), at: place, .weak,
                "\(program) sends passwords to \(texts.joined(separator: " ")) unencrypted: ask for StartTLS or ldaps://"
            )
        }
        if startTLS?.value == true, LDAPServerList.isImplicitTLS(texts) {
            draft.warning(
                at: place, "StartTLS together with ldaps:// can't work: a connection has one TLS only",
                remedy: "leave StartTLS out; ldaps:// alone is used")
        }
        let check = certificateCheck ?? defaults.certificateCheck
        let verifies = check.map { $0.value != .never && $0.value != .allow } ?? true
        if isEncrypted, !verifies {
            draft.tell(
                "LDAP certificate check", check?.value.rawValue ?? "", at: check?.location ?? place, .weak,
                "\(program) takes any certificate of the directory: name the authority that signed it and demand it")
        }
        var tls = ClientTLSModel(
            caFile: (caFile ?? defaults.caFile)?.map { draft.files.hostPath($0) },
            certificate: (certificate ?? defaults.certificate)?.map { draft.files.hostPath($0) },
            key: (key ?? defaults.key)?.map { draft.files.hostPath($0) }, verifies: verifies)
        tls.caDirectory = (caDirectory ?? defaults.caDirectory)?.map { draft.files.hostPath($0) }
        tls.minimumVersion = minimumVersion ?? defaults.minimumVersion
        if let list = cipherSuites ?? defaults.cipherSuites {
            if let suites = OpenSSLCipherList.suites(list.value) {
                tls.cipherSuites = suites.map { Located($0, at: list.location) }
            } else {
                draft.warning(
                    at: list.location, "the list of cipher suites \"\(list.value)\" is not understood",
                    remedy: "the library's own choice is used; name suites, or words as openssl-ciphers(1) has them")
            }
        }
        var model = LDAPServersModel(
            urls: urls, bind: bind, startTLS: startTLS?.value == true && !LDAPServerList.isImplicitTLS(texts), tls: tls)
        if let timeout = defaults.networkTimeout?.value { model.connectTimeout = timeout }
        if let timeout = timeout ?? defaults.timeout?.value { model.operationTimeout = timeout }
        model.referralHosts = referralHosts
        return model
    }
}
