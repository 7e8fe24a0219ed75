import Directory
import SiteConfiguration

/// Security levels, with the names they had before Postfix 2.3.
struct TLSLevelReader {
    let parameters: ParameterReader

    init(_ parameters: ParameterReader) {
        self.parameters = parameters
    }

    /// - Parameter prefix: `smtpd` or `smtp`.
    func level(_ prefix: String, allowed: [String]) -> Located<String>? {
        let name = "\(prefix)_tls_security_level"
        let level = parameters.choice(name, allowed + [""], "how TLS is used")
        if let level, !level.value.isEmpty {
            for old in ["\(prefix)_use_tls", "\(prefix)_enforce_tls"] {
                parameters.tell(old, .notNeeded, "\(name) is set, and counts")
            }
            return level
        }
        if parameters.isSet("\(prefix)_enforce_tls") {
            let enforce = parameters.boolean("\(prefix)_enforce_tls", "the level encrypt by its former name")
            if enforce.value { return enforce.map { _ in "encrypt" } }
        }
        if parameters.isSet("\(prefix)_use_tls") {
            let use = parameters.boolean("\(prefix)_use_tls", "the level may by its former name")
            if use.value { return use.map { _ in "may" } }
        }
        return Located("none", at: level?.location ?? parameters.location(name))
    }
}

/// The server's side of TLS: certificates, versions, cipher suites.
struct TLSReader {
    let parameters: ParameterReader

    init(_ parameters: ParameterReader) {
        self.parameters = parameters
    }

    private var reading: PostfixReading { parameters.reading }

    /// Certificate and key: the site's, unless another program of the import has brought one.
    func readCertificate(_ options: inout SMTPListenerModel) {
        guard let (certificate, key) = certificate() else {
            if options.tls?.value != SMTPListenerModel.TLSLevel.none, reading.draft.model.tls.certificate == nil {
                // smtpd(8) warns then, too.
                reading.report(
                    "smtpd_tls_cert_file", at: options.tls?.location ?? .builtIn, .weak,
                    "there is no certificate: TLS is not offered, as Postfix would not offer it")
            }
            return
        }
        if reading.draft.model.tls.certificate == nil {
            reading.draft.model.tls.certificate = certificate
            reading.draft.model.tls.key = key
        } else if reading.draft.model.tls.certificate?.value != certificate.value {
            options.certificate = certificate
            options.key = key
        }
    }

    private func certificate() -> (certificate: Located<String>, key: Located<String>)? {
        let chains = parameters.words("smtpd_tls_chain_files", "certificate and key in one file")
        if let first = chains.first {
            for name in ["smtpd_tls_cert_file", "smtpd_tls_key_file"] {
                parameters.tell(name, .notNeeded, "smtpd_tls_chain_files is set, and counts")
            }
            if chains.count > 2 {
                parameters.tell(
                    "smtpd_tls_chain_files", .ignored, "the first key and chain are used; the others are not")
            }
            // postconf(5): the key comes before its certificate chain, in one file or in two.
            return (file(chains.count > 1 ? chains[1] : first), file(first))
        }
        for (cert, key) in [
            ("smtpd_tls_cert_file", "smtpd_tls_key_file"), ("smtpd_tls_eccert_file", "smtpd_tls_eckey_file"),
        ] {
            guard let certificate = parameters.optional(cert, "the server's certificate"),
                certificate.value.lowercased() != "none"
            else { continue }
            if cert == "smtpd_tls_cert_file", parameters.isSet("smtpd_tls_eccert_file") {
                parameters.tell("smtpd_tls_eccert_file", .ignored, "the certificate of smtpd_tls_cert_file is used")
                parameters.tell("smtpd_tls_eckey_file", .ignored, "the key of smtpd_tls_key_file is used")
            }
            let keyFile = parameters.optional(key, "the key of the server's certificate") ?? certificate
            return (file(certificate), file(keyFile))
        }
        return nil
    }

    private func file(_ path: Located<String>) -> Located<String> {
        path.map { reading.draft.files.hostPath(reading.absolute($0)) }
    }

    /// What holds for every listener.
    func readSite() {
        var tls = reading.draft.model.tls
        tls.inReceivedHeader = parameters.boolean("smtpd_tls_received_header", "Received: tells the TLS version").value
        let versions = [
            minimumVersion("smtpd_tls_protocols", "the oldest TLS where it is optional"),
            minimumVersion("smtpd_tls_mandatory_protocols", "the oldest TLS where it is demanded"),
        ]
        if let oldest = versions.compactMap({ $0 }).min(by: { $0.value < $1.value }) {
            tls.minimumVersion = oldest
            if oldest.value < "1.2" {
                reading.report(
                    "TLS \(oldest.value)", at: oldest.location, .weak,
                    "clients may still use it, as they might before; set smtpd_tls_protocols = >=TLSv1.2")
            }
        }
        tls.cipherSuites = suites()
        reading.draft.model.tls = tls
        parameters.tell(
            "smtpd_tls_dh1024_param_file", .notNeeded,
            "Diffie-Hellman parameters: keys are exchanged over elliptic curves alone")
        parameters.tell("smtpd_tls_dh512_param_file", .notNeeded, "export ciphers are nowhere used any more")
        parameters.tell(
            "smtpd_tls_eecdh_grade", .notNeeded, "the curves X25519, P-256 and P-384 are offered, whatever the grade")
        parameters.tell("tls_disable_workarounds", .notNeeded, "they are OpenSSL's, which is not used here")
        parameters.tell("smtpd_tls_loglevel", .notNeeded, "TLS version and cipher are logged for each connection")
        parameters.tell("tls_preempt_cipherlist", .ignored, "the client's order of cipher suites counts")
    }

    /// `>=TLSv1.2`, `!SSLv2, !SSLv3, !TLSv1`, `TLSv1.2 TLSv1.3` → the oldest version that is allowed.
    private func minimumVersion(_ name: String, _ note: String) -> Located<String>? {
        let versions = ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
        var allowed = Set(versions)
        var included: Set<String> = []
        let words = parameters.words(name, note)
        for word in words {
            for part in word.value.split(separator: ":") {
                func index(_ text: Substring) -> Int? {
                    versions.firstIndex { $0.lowercased() == text.lowercased() }
                }
                if part.hasPrefix("!"), let version = index(part.dropFirst()) {
                    allowed.remove(versions[version])
                } else if part.hasPrefix(">="), let version = index(part.dropFirst(2)) {
                    allowed.subtract(versions[..<version])
                } else if part.hasPrefix("<="), index(part.dropFirst(2)) != nil {
                    parameters.tell(name, .ignored, "the newest TLS is always offered")
                } else if let version = index(part) {
                    included.insert(versions[version])
                } else {
                    reading.error(
                        at: word.location, "\(name): \"\(WordList.printable(String(part)))\" is no version of TLS",
                        remedy: "write \(name) = >=TLSv1.2")
                }
            }
        }
        if !included.isEmpty { allowed.formIntersection(included) }
        guard let oldest = versions.first(where: { allowed.contains($0) && $0.hasPrefix("TLS") }) else {
            reading.error(
                at: parameters.location(name), "\(name) allows no version of TLS", remedy: "write \(name) = >=TLSv1.2")
            return nil
        }
        let version = oldest == "TLSv1" ? "1.0" : String(oldest.dropFirst("TLSv".count))
        return Located(version, at: words.first?.location ?? parameters.location(name))
    }

    /// Nothing set leaves the choice to the TLS library.
    private func suites() -> [Located<String>] {
        let grades = ["export", "low", "medium", "high", "null"]
        var set: Located<String>?
        for name in ["smtpd_tls_ciphers", "smtpd_tls_mandatory_ciphers"] {
            guard let grade = parameters.choice(name, grades, "the cipher suites that are offered") else { continue }
            if parameters.isSet(name), grade.value == "high" || grade.value == "null" { set = grade }
            if grade.value == "null" {
                parameters.tell(name, .unsupported(.encryption), "there is no TLS without encryption here")
            }
        }
        var excluded: [Located<String>] = []
        for name in ["smtpd_tls_exclude_ciphers", "smtpd_tls_mandatory_exclude_ciphers"] {
            excluded += parameters.words(name, "cipher suites that are not offered")
        }
        let without = excluded.flatMap { $0.value.split(separator: ":").map { "!\($0)" } }
        for name in ["tls_high_cipherlist", "tls_medium_cipherlist", "tls_low_cipherlist", "tls_export_cipherlist"] {
            guard parameters.isSet(name) else { continue }
            let list = parameters.text(name, "cipher suites by OpenSSL's names")
            let isMeant = name == "tls_\((set?.value ?? "medium"))_cipherlist"
            if isMeant { return named(list.map { ([$0] + without).joined(separator: ":") }) }
            parameters.tell(name, .notNeeded, "no listener uses this grade")
        }
        guard let place = set?.location ?? excluded.first?.location else { return [] }
        // OpenSSL's medium and weaker grades differ from high by suites that nobody offers any more.
        return named(Located((["HIGH"] + without).joined(separator: ":"), at: place))
    }

    private func named(_ list: Located<String>) -> [Located<String>] {
        guard let names = OpenSSLCipherList.suites(list.value) else {
            reading.error(
                at: list.location, "no cipher suite is left of \"\(WordList.printable(list.value))\"",
                remedy: "name suites as openssl-ciphers(1) has them, or exclude fewer")
            return []
        }
        return names.map { Located($0, at: list.location) }
    }
}
