import Directory
import SiteConfiguration

extension DovecotSite {
    /// Certificate, versions and suites; nil when nothing of it is set. The site's own are these too, unless it has some.
    mutating func readTLS() -> ServerTLSModel? {
        var tls = draft.model.tls
        tls.names = []
        let certificate = certificateFile(["ssl_cert", "ssl_server_cert_file"], in: root, "the certificate")
        let key = certificateFile(["ssl_key", "ssl_server_key_file"], in: root, "its key")
        tls.certificate = certificate
        tls.key = key
        var isSet = certificate != nil || key != nil
        if certificate != nil, key == nil, let certificate {
            draft.error(
                at: certificate.location, "ssl_key is missing", remedy: "ssl_key = </etc/dovecot/private/dovecot.key")
        }
        if let version = minimumVersion() {
            tls.minimumVersion = version
            isSet = true
        }
        if let list = root.last("ssl_cipher_list") {
            if let suites = OpenSSLCipherList.suites(list.value) {
                tls.cipherSuites = suites.map { Located($0, at: list.location) }
                isSet = true
                tell(
                    "ssl_cipher_list", in: root, .used,
                    "the suites of it that are there: \(suites.joined(separator: " "))")
            } else {
                tell(
                    "ssl_cipher_list", in: root, list.value.isEmpty ? .notNeeded : .ignored,
                    "none of it is there or understood; the library's own choice is used")
            }
        }
        readNames(&tls, &isSet)
        guard isSet else { return nil }
        if draft.model.tls.certificate == nil { draft.model.tls = tls }
        return tls
    }

    private mutating func certificateFile(
        _ keys: [String], in section: DovecotSection, _ note: String
    ) -> Located<String>? {
        for key in keys {
            guard let setting = section.last(key) else { continue }
            tell(key, in: section, .used, note)
            guard !setting.bytes.isEmpty || setting.file != nil else { continue }
            if let file = setting.file { return Located(draft.files.hostPath(file), at: setting.location) }
            guard key.hasSuffix("_file") else {
                draft.error(
                    at: setting.location, "\(key): a certificate or key is taken from a file only",
                    remedy: "\(key) = </path/of/the/file")
                continue
            }
            return Located(draft.files.hostPath(setting.value), at: setting.location)
        }
        return nil
    }

    /// ssl_min_protocol, or the lowest that the older ssl_protocols leaves.
    private mutating func minimumVersion() -> Located<String>? {
        let versions = [
            "TLSv1": "1.0", "TLSv1.1": "1.1", "TLSv1.2": "1.2", "TLSv1.3": "1.3", "SSLv3": "1.0", "ANY": "1.0",
            "LATEST": "1.3",
        ]
        let weak = "TLS below 1.2 is accepted from clients"
        if let minimum = root.last("ssl_min_protocol")?.located, !minimum.value.isEmpty {
            let isWeak = versions[minimum.value].map { $0 < "1.2" } ?? false
            tell("ssl_min_protocol", in: root, isWeak ? .weak : .used, isWeak ? weak : "the lowest version of TLS")
            guard let version = versions[minimum.value] else {
                draft.error(
                    at: minimum.location, "ssl_min_protocol: \(minimum.value) is not known",
                    remedy: "TLSv1.2 or TLSv1.3; TLSv1 and TLSv1.1 for old clients")
                return nil
            }
            tell("ssl_protocols", in: root, .notNeeded, "ssl_min_protocol says it")
            return Located(version, at: minimum.location)
        }
        guard let list = root.last("ssl_protocols")?.located, !list.value.isEmpty else { return nil }
        let words = list.value.split { $0 == " " || $0 == "," }.map(String.init)
        let order = ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
        guard words.allSatisfy({ order.contains($0.replacing("!", with: "")) || $0 == "!SSLv2" || $0 == "SSLv2" })
        else {
            tell("ssl_protocols", in: root, .used, "not understood")
            draft.error(
                at: list.location, "ssl_protocols: \(list.value) is not understood",
                remedy: "ssl_min_protocol = TLSv1.2")
            return nil
        }
        guard !words.contains(where: { $0.hasSuffix("SSLv2") }) else {
            tell("ssl_protocols", in: root, .ignored, "2.3 does not know SSLv2 and keeps to TLS 1.2; so it is here")
            return nil
        }
        let enabled = words.filter { order.contains($0) }
        let lowest =
            enabled.isEmpty
            ? order.first { !words.contains("!\($0)") }
            : order.first { enabled.contains($0) && !words.contains("!\($0)") }
        guard let version = lowest.flatMap({ versions[$0] }) else {
            tell("ssl_protocols", in: root, .used, "not understood")
            draft.error(
                at: list.location, "ssl_protocols leaves no version", remedy: "ssl_min_protocol = TLSv1.2")
            return nil
        }
        tell(
            "ssl_protocols", in: root, version < "1.2" ? .weak : .used,
            version < "1.2" ? weak : "the lowest version of TLS that it leaves")
        return Located(version, at: list.location)
    }

    /// `local_name imap.example.org { ssl_cert = … }`: certificates for clients that ask for that name.
    private mutating func readNames(_ tls: inout ServerTLSModel, _ isSet: inout Bool) {
        for section in root.sections("local_name") {
            let certificate = certificateFile(
                ["ssl_cert", "ssl_server_cert_file"], in: section, "the certificate for \(section.name)")
            let key = certificateFile(["ssl_key", "ssl_server_key_file"], in: section, "its key")
            guard let certificate, let key else {
                draft.error(
                    at: section.location, "local_name \(section.name): certificate and key are wanted together",
                    remedy: "ssl_cert = <FILE and ssl_key = <FILE")
                continue
            }
            let names = section.name.split(separator: " ").map { Located(String($0), at: section.location) }
            tls.names.append(NamedCertificateModel(serverNames: names, certificate: certificate, key: key))
            isSet = true
        }
    }
}
