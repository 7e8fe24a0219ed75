import Directory
import SiteConfiguration

/// SSL_TYPE and TLS_LEVEL.
extension Composition {
    private var sslFile: String { "/etc/dovecot/conf.d/10-ssl.conf" }

    mutating func composeTLS() {
        applyLevel()
        let type = environment.value("SSL_TYPE", or: "")
        switch type.value {
        case "letsencrypt": useLetsEncrypt(type.location)
        case "custom":
            let name = "\(hostname.value)-full.pem"
            guard let full = copied("ssl/\(name)", as: name) else { return missing("ssl/\(name)", type) }
            setCertificate(key: full, certificate: full, at: type.location)
        case "manual": useManual(type)
        case "self-signed": useSelfSigned(type)
        case "snakeoil":
            missing("/etc/ssl/private/ssl-cert-snakeoil.key", type)
        case "":
            refuseTLS(type.location)
        default:
            missing("SSL_TYPE is none of letsencrypt, manual, custom, self-signed", type)
        }
    }

    private mutating func applyLevel() {
        let level = environment.value("TLS_LEVEL", or: "modern")
        let ciphers: String
        switch level.value {
        case "modern": ciphers = ShippedTLS.modernCiphers
        case "intermediate": ciphers = ShippedTLS.intermediateCiphers
        default:
            draft.warning(
                at: level.location, "TLS_LEVEL is \"\(level.value)\", so the shipped suites stay",
                remedy: "write modern or intermediate")
            return
        }
        main.rewriteLines(at: level.location) { line in
            line.hasPrefix("tls_high_cipherlist =") ? "tls_high_cipherlist = \(ciphers)" : nil
        }
        edit(sslFile) { text in
            text.rewriteLines(at: level.location) { line in
                line.hasPrefix("ssl_cipher_list =") ? "ssl_cipher_list = \(ciphers)" : nil
            }
        }
    }

    // MARK: Where the certificate is

    private mutating func useLetsEncrypt(_ location: SourceLocation) {
        placeTraefikCertificate()
        var domain = environment.text("SSL_DOMAIN")
        if domain.hasPrefix("*.") { domain.removeFirst(2) }
        let candidates = [domain, hostname.value, domainname.value].filter { !$0.isEmpty }
        for candidate in candidates where Self.isFolderName(candidate) {
            let folder = "/etc/letsencrypt/live/\(candidate)/"
            guard exists(folder + "fullchain.pem") else { continue }
            guard let key = ["privkey.pem", "key.pem"].first(where: { exists(folder + $0) }) else {
                return missing(folder + "privkey.pem", Located("letsencrypt", at: location))
            }
            return setCertificate(key: folder + key, certificate: folder + "fullchain.pem", at: location)
        }
        let name = candidates.first ?? hostname.value
        missing("/etc/letsencrypt/live/\(name)/fullchain.pem", Located("letsencrypt", at: location))
    }

    /// A certificate within Traefik's acme.json stands where docker-mailserver's scripts would write it, without being
    /// written.
    private mutating func placeTraefikCertificate() {
        let path = "/etc/letsencrypt/acme.json"
        guard exists(path), let text = draft.files.text(path) else { return }
        let hostPath = draft.files.hostPath(path)
        guard let store = TraefikStore(text.bytes) else {
            draft.warning(
                at: SourceLocation(file: hostPath), "holds no certificates in Traefik's form",
                remedy: "name the file in which Traefik keeps them")
            return
        }
        let names = [environment.text("SSL_DOMAIN"), hostname.value, domainname.value].filter { !$0.isEmpty }
        for name in names {
            let bare = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
            guard let pair = store.pair(for: name), Self.isFolderName(bare) else { continue }
            let reference = TraefikStore.Reference(file: hostPath, name: name).description
            for (file, contents) in [("fullchain.pem", pair.chain), ("privkey.pem", pair.key)] {
                let target = "/etc/letsencrypt/live/\(bare)/\(file)"
                draft.files.place(target, at: reference)
                draft.files.put(SourceText(path: target, contents: contents, hostPath: reference))
            }
            return
        }
        draft.warning(
            at: SourceLocation(file: hostPath),
            "holds no certificate for \(names.joined(separator: ", "))",
            remedy: "have Traefik make one for the mail server's name, or set SSL_DOMAIN")
    }

    private mutating func useManual(_ type: Located<String>) {
        let key = environment.text("SSL_KEY_PATH")
        let certificate = environment.text("SSL_CERT_PATH")
        guard exists(key), exists(certificate) else {
            return missing(exists(key) ? certificate : key, type)
        }
        draft.files.place("/etc/dms/tls/key", at: draft.files.hostPath(key))
        draft.files.place("/etc/dms/tls/cert", at: draft.files.hostPath(certificate))
        setCertificate(key: "/etc/dms/tls/key", certificate: "/etc/dms/tls/cert", at: type.location)
        guard let otherKey = environment.nonEmpty("SSL_ALT_KEY_PATH"),
            let otherCertificate = environment.nonEmpty("SSL_ALT_CERT_PATH")
        else { return }
        guard exists(otherKey.value), exists(otherCertificate.value) else {
            draft.error(
                at: otherKey.location, "the second certificate, \(otherCertificate.value), or its key can't be read",
                remedy: "put both there, or remove SSL_ALT_KEY_PATH and SSL_ALT_CERT_PATH")
            return
        }
        let fallback = "/etc/dms/tls/fallback_"
        draft.files.place(fallback + "key", at: draft.files.hostPath(otherKey.value))
        draft.files.place(fallback + "cert", at: draft.files.hostPath(otherCertificate.value))
        main.rewriteLines(at: otherKey.location) { line in
            line.hasPrefix("smtpd_tls_chain_files =") ? line + " \(fallback)key \(fallback)cert" : nil
        }
        edit(sslFile) { text in
            text.rewriteLines(at: otherKey.location) { line in
                if line.hasPrefix("#ssl_alt_key =") { return "ssl_alt_key = <\(fallback)key" }
                return line.hasPrefix("#ssl_alt_cert =") ? "ssl_alt_cert = <\(fallback)cert" : nil
            }
        }
    }

    private mutating func useSelfSigned(_ type: Located<String>) {
        let names = ["\(hostname.value)-key.pem", "\(hostname.value)-cert.pem"]
        guard let key = copied("ssl/\(names[0])", as: names[0]) else { return missing("ssl/\(names[0])", type) }
        guard let certificate = copied("ssl/\(names[1])", as: names[1]) else { return missing("ssl/\(names[1])", type) }
        guard let authority = copied("ssl/demoCA/cacert.pem", as: "cacert.pem") else {
            return missing("ssl/demoCA/cacert.pem", type)
        }
        setCertificate(key: key, certificate: certificate, at: type.location)
        main.rewriteLines(at: type.location) { line in
            for name in ["smtpd_tls_CAfile", "smtp_tls_CAfile"]
            where line.hasPrefix("#\(name) =") || line.hasPrefix("\(name) =") {
                return "\(name) = \(authority)"
            }
            return nil
        }
    }

    /// A file of the config volume under the name to which the scripts copy it; nil when it is not there.
    private mutating func copied(_ name: String, as copy: String) -> String? {
        let source = ContainerSetup.configurationFolder + "/" + name
        guard exists(source) else { return nil }
        let path = "/etc/dms/tls/\(copy)"
        draft.files.place(path, at: draft.files.hostPath(source))
        return path
    }

    private func exists(_ path: String) -> Bool {
        path.hasPrefix("/") && draft.files.isPlaced(path) && draft.files.exists(path)
            || path.hasPrefix("/") && isInsideContainer && draft.files.exists(path)
    }

    private static func isFolderName(_ name: String) -> Bool {
        !name.contains("/") && name != "." && name != ".."
    }

    // MARK: What it means for the files

    private mutating func setCertificate(key: String, certificate: String, at location: SourceLocation) {
        let chain = key == certificate ? key : "\(key) \(certificate)"
        main.rewriteLines(at: location) { line in
            line.hasPrefix("smtpd_tls_chain_files =") ? "smtpd_tls_chain_files = \(chain)" : nil
        }
        edit(sslFile) { text in
            text.rewriteLines(at: location) { line in
                if line.hasPrefix("ssl_key =") { return "ssl_key = <\(key)" }
                return line.hasPrefix("ssl_cert =") ? "ssl_cert = <\(certificate)" : nil
            }
        }
    }

    /// docker-mailserver does not start without its certificate, or shows one that it made itself.
    private mutating func missing(_ path: String, _ type: Located<String>) {
        notes["SSL_TYPE"] = (
            .unsupported(.encryption),
            type.value == "snakeoil"
                ? "the image's own certificate is not here: no TLS is offered without another"
                : "\(path) is not there: say where the container's folder lies with --map, or add the volume; "
                    + "without a certificate no TLS is offered"
        )
        removeCertificate()
    }

    private mutating func removeCertificate() {
        main.removeParameter("smtpd_tls_chain_files")
        edit(sslFile) { text in
            text.lines.removeAll { $0.text.hasPrefix("ssl_cert =") || $0.text.hasPrefix("ssl_key =") }
        }
    }

    /// An empty SSL_TYPE: no TLS at all, and passwords in the clear.
    private mutating func refuseTLS(_ location: SourceLocation) {
        notes["SSL_TYPE"] = (.weak, "no TLS: passwords travel in the clear, as they did")
        removeCertificate()
        main.rewriteLines(at: location) { line in
            for name in ["smtpd_tls_security_level", "smtp_tls_security_level"] where line.hasPrefix(name) {
                return "\(name) = none"
            }
            return nil
        }
        master.rewriteLines(at: location) { line in
            if line.contains("smtpd_tls_security_level") || line.contains("smtp_tls_security_level"),
                let equals = line.firstIndex(of: "=")
            {
                return line[..<equals] + "=none"
            }
            guard line.contains("tls_wrappermode"), let yes = line.firstRange(of: "yes") else { return nil }
            return line.replacingCharacters(in: yes, with: "no")
        }
        edit("/etc/dovecot/conf.d/10-auth.conf") { text in
            text.rewriteLines(at: location) { line in
                line.hasPrefix("#disable_plaintext_auth =") ? "disable_plaintext_auth = no" : nil
            }
        }
        edit(sslFile) { text in
            text.rewriteLines(at: location) { $0.hasPrefix("ssl =") ? "ssl = no" : nil }
        }
    }
}
