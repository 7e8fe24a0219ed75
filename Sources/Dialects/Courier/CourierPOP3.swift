import Directory
import SiteConfiguration

/// pop3d and pop3d-ssl: where Courier's POP3 server listens, and its TLS.
enum CourierPOP3 {
    static func read(_ folder: String, _ draft: inout SiteDraft) {
        let plain = draft.files.text("\(folder)/pop3d").map { CourierFile($0, .shell, &draft) }
        let secure = draft.files.text("\(folder)/pop3d-ssl").map { CourierFile($0, .shell, &draft) }
        guard let place = plain?.location ?? secure?.location else { return }
        let tls = secure.flatMap { CourierIMAP.serverTLS($0, &draft) }
        let offersTLS = secure?.isOn("POP3_STARTTLS") ?? Located(tls != nil, at: place)
        let requires = secure?.isOn("POP3_TLS_REQUIRED") ?? Located(false, at: place)
        if let plain, plain.isOn("POP3DSTART")?.value ?? false {
            let level: SMTPListenerModel.TLSLevel = requires.value ? .encrypt : offersTLS.value ? .may : .none
            for address in CourierIMAP.addresses(plain, "ADDRESS", "PORT", 110, place, &draft) {
                var listener = ListenerModel(kind: .pop3, host: address.map { $0.host }, port: address.value.port)
                listener.mailboxes.tls = Located(level, at: requires.value ? requires.location : offersTLS.location)
                listener.mailboxes.authentication = Located(requires.value ? .underTLS : .always, at: requires.location)
                listener.serverTLS = tls
                draft.model.listeners.append(listener)
            }
            if !requires.value, secure?.isSet("POP3_TLS_REQUIRED") != true {
                draft.tell("POP3_TLS_REQUIRED", at: place, .weak, weakNote)
            }
        }
        if let secure, secure.isOn("POP3DSSLSTART")?.value ?? false {
            for address in CourierIMAP.addresses(secure, "SSLADDRESS", "SSLPORT", 995, place, &draft) {
                var listener = ListenerModel(kind: .pop3s, host: address.map { $0.host }, port: address.value.port)
                listener.serverTLS = tls
                draft.model.listeners.append(listener)
            }
        }
        draft.model.pop3.uniqueIDs = Located(.courier, at: place)
        // Courier lets several sessions have a mailbox.
        draft.model.pop3.locks = Located(false, at: .builtIn)
        plain?.tell(&draft) { verdict($0.name) }
        secure?.tell(&draft) { setting in
            setting.name == "POP3_TLS_REQUIRED" && !requires.value ? (.weak, weakNote) : verdict(setting.name)
        }
    }

    private static let weakNote = "not 1: passwords are taken without TLS, and whoever listens in has them"

    private static func verdict(_ name: String) -> (ImportReport.Fate, String)? {
        if let verdict = notes[name] { return verdict }
        if name.hasPrefix("POP3") { return (.ignored, "a detail of POP3 in which Postroom has its own way") }
        if name.hasPrefix("TLS_") { return (.ignored, "of TLS only certificates, versions and suites are chosen") }
        return (.notNeeded, "concerns Courier's processes")
    }

    private static let notes: [String: (ImportReport.Fate, String)] = [
        "ADDRESS": (.used, "the address that is listened on"), "PORT": (.used, "the port that is listened on"),
        "SSLADDRESS": (.used, "the address that is listened on"), "SSLPORT": (.used, "the port that is listened on"),
        "POP3DSTART": (.used, "whether POP3 is served"), "POP3DSSLSTART": (.used, "whether POP3S is served"),
        "POP3_STARTTLS": (.used, "whether STLS is offered"),
        "POP3_TLS_REQUIRED": (.used, "whether a login needs TLS"),
        "TLS_CERTFILE": (.used, "the certificate"), "TLS_PRIVATE_KEYFILE": (.used, "its key"),
        "TLS_CIPHER_LIST": (.used, "the suites of it that are there"),
        "TLS_PROTOCOL": (.used, "the lowest version of TLS"),
        "TLS_DHPARAMS": (.notNeeded, "DH parameters are not needed"),
        "TLS_TRUSTCERTS": (.ignored, "certificates of clients are not asked for"),
        "MAXPERIP": (.ignored, "connections are bounded by limits"),
        "MAXDAEMONS": (.ignored, "connections are bounded by limits"),
    ]
}
