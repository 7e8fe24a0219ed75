import Directory
import SiteConfiguration

/// imapd and imapd-ssl: where Courier's IMAP server listens, and its TLS.
enum CourierIMAP {
    static func read(_ folder: String, _ draft: inout SiteDraft) {
        let plain = draft.files.text("\(folder)/imapd").map { CourierFile($0, .shell, &draft) }
        let secure = draft.files.text("\(folder)/imapd-ssl").map { CourierFile($0, .shell, &draft) }
        let place = plain?.location ?? secure?.location ?? SourceLocation(file: draft.files.hostPath(folder))
        let tls = secure.flatMap { serverTLS($0, &draft) }
        let offersTLS = secure?.isOn("IMAPDSTARTTLS") ?? Located(tls != nil, at: place)
        let requires = secure?.isOn("IMAP_TLS_REQUIRED") ?? Located(false, at: place)
        let level: SMTPListenerModel.TLSLevel = requires.value ? .encrypt : offersTLS.value ? .may : .none
        if plain?.isOn("IMAPDSTART")?.value ?? true {
            for address in addresses(plain, "ADDRESS", "PORT", 143, place, &draft) {
                var listener = ListenerModel(kind: .imap, host: address.map { $0.host }, port: address.value.port)
                listener.mailboxes.tls = Located(level, at: requires.value ? requires.location : offersTLS.location)
                listener.mailboxes.authentication = Located(requires.value ? .underTLS : .always, at: requires.location)
                listener.serverTLS = tls
                draft.model.listeners.append(listener)
            }
            if !requires.value, secure?.isSet("IMAP_TLS_REQUIRED") != true {
                draft.tell("IMAP_TLS_REQUIRED", at: place, .weak, weakNote)
            }
        }
        if let secure, secure.isOn("IMAPDSSLSTART")?.value ?? false {
            for address in addresses(secure, "SSLADDRESS", "SSLPORT", 993, place, &draft) {
                var listener = ListenerModel(kind: .imaps, host: address.map { $0.host }, port: address.value.port)
                listener.serverTLS = tls
                draft.model.listeners.append(listener)
            }
        }
        // README.maildirquota: what is marked as deleted is no part of the sum that all programs keep.
        draft.model.accounts.quota.countsDeleted = Located(false, at: .builtIn)
        // Courier's mailboxes lie below INBOX.
        var namespace = NamespaceModel(name: "inbox", kind: Located(.personal, at: .builtIn))
        namespace.prefix = Located("INBOX.", at: .builtIn)
        namespace.separator = Located(".", at: .builtIn)
        namespace.isInbox = true
        draft.model.accounts.namespaces.append(namespace)
        plain?.tell(&draft) { verdict($0.name) }
        secure?.tell(&draft) { setting in
            setting.name == "IMAP_TLS_REQUIRED" && !requires.value ? (.weak, weakNote) : verdict(setting.name)
        }
    }

    private static let weakNote = "not 1: passwords are taken without TLS, and whoever listens in has them"

    static func serverTLS(_ file: CourierFile, _ draft: inout SiteDraft) -> ServerTLSModel? {
        guard let certificate = file.value("TLS_CERTFILE") else { return nil }
        var tls = draft.model.tls
        tls.certificate = certificate.map { draft.files.hostPath($0) }
        // One file holds both, unless the key has its own.
        tls.key = (file.value("TLS_PRIVATE_KEYFILE") ?? certificate).map { draft.files.hostPath($0) }
        if let list = file.value("TLS_CIPHER_LIST"), let suites = OpenSSLCipherList.suites(list.value) {
            tls.cipherSuites = suites.map { Located($0, at: list.location) }
        }
        let versions = [
            "TLS1": "1.0", "TLSv1": "1.0", "TLSv1+": "1.0", "TLSv1.1": "1.1", "TLSv1.1+": "1.1", "TLSv1.2": "1.2",
            "TLSv1.2+": "1.2", "SSL23": "1.0",
        ]
        if let version = file.value("TLS_PROTOCOL") {
            if let known = versions[version.value] {
                tls.minimumVersion = Located(known, at: version.location)
                if known < "1.2" {
                    draft.tell("TLS \(known)", at: version.location, .weak, "TLS below 1.2 is accepted from clients")
                }
            } else {
                draft.warning(
                    at: version.location, "TLS_PROTOCOL: \(version.value) is not known",
                    remedy: "TLS 1.2 and above are served")
            }
        }
        if draft.model.tls.certificate == nil { draft.model.tls = tls }
        return tls
    }

    struct Address {
        var host: String
        var port: Int
    }

    /// ADDRESS=0 is every address; PORT is a list of ports, each alone or behind an address of its own,
    /// `127.0.0.1.143`.
    static func addresses(
        _ file: CourierFile?, _ hostKey: String, _ portKey: String, _ standard: Int, _ place: SourceLocation,
        _ draft: inout SiteDraft
    ) -> [Located<Address>] {
        let host = file?.value(hostKey).map { $0.value == "0" ? "*" : $0.value } ?? "*"
        guard let ports = file?.value(portKey) else {
            return [Located(Address(host: host, port: standard), at: file?.value(hostKey)?.location ?? place)]
        }
        var result: [Located<Address>] = []
        for word in ports.value.split(whereSeparator: { $0 == "," || $0 == " " }) {
            let dot = word.lastIndex(of: ".")
            let number = dot.map { word[word.index(after: $0)...] } ?? word[...]
            let named: [Substring: Int] = ["imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995]
            guard let port = named[number] ?? UInt16(number).map(Int.init), port > 0 else {
                draft.error(at: ports.location, "\(portKey): \(word) is no port", remedy: "143, or 127.0.0.1.143")
                continue
            }
            result.append(
                Located(Address(host: dot.map { String(word[..<$0]) } ?? host, port: port), at: ports.location))
        }
        return result
    }

    private static func verdict(_ name: String) -> (ImportReport.Fate, String)? {
        if let verdict = notes[name] { return verdict }
        if name.hasPrefix("IMAP") { return (.ignored, "a detail of IMAP in which Postroom has its own way") }
        if name.hasPrefix("TLS_") { return (.ignored, "of TLS only certificates, versions and suites are chosen") }
        return (.notNeeded, "concerns Courier's processes")
    }

    private static let notes: [String: (ImportReport.Fate, String)] = [
        "ADDRESS": (.used, "the address that is listened on"), "PORT": (.used, "the port that is listened on"),
        "SSLADDRESS": (.used, "the address that is listened on"), "SSLPORT": (.used, "the port that is listened on"),
        "IMAPDSTART": (.used, "whether IMAP is served"), "IMAPDSSLSTART": (.used, "whether IMAPS is served"),
        "IMAPDSTARTTLS": (.used, "whether STARTTLS is offered"),
        "IMAP_TLS_REQUIRED": (.used, "whether a login needs TLS"),
        "TLS_CERTFILE": (.used, "the certificate"), "TLS_PRIVATE_KEYFILE": (.used, "its key"),
        "TLS_CIPHER_LIST": (.used, "the suites of it that are there"),
        "TLS_PROTOCOL": (.used, "the lowest version of TLS"),
        "TLS_DHPARAMS": (.notNeeded, "DH parameters are not needed"),
        "TLS_TRUSTCERTS": (.ignored, "certificates of clients are not asked for"),
        "MAXPERIP": (.ignored, "connections are bounded by limits"),
        "MAXDAEMONS": (.ignored, "connections are bounded by limits"),
        "IMAP_EMPTYTRASH": (.ignored, "mail is not removed by itself"),
        "IMAP_CAPABILITY": (.ignored, "what is announced is what there is"),
    ]
}
