import Directory
import SiteConfiguration

extension DovecotSite {
    /// The IMAP listeners with what holds for their TLS, and what of other protocols is not served.
    mutating func readTLSAndListeners() {
        let tls = readTLS()
        let protocols = readProtocols()
        let level = ssl()
        let greeting = take("login_greeting", "what clients are greeted with")
        let plaintext = plaintext(level)
        let addresses = take("listen", "the addresses that are listened on")
        var services = DovecotServices()
        servesPOP3 = protocols.contains("pop3")
        servesLMTP = protocols.contains("lmtp")
        typealias Kind = ListenerModel.Kind
        let kinds: [(service: String, hasOnlyTLS: Bool, plain: Kind, secure: Kind)] = [
            ("imap", hasOnlyIMAPS, .imap, .imaps), ("pop3", hasOnlyPOP3S, .pop3, .pop3s),
        ]
        for (service, hasOnlyTLS, plain, secure) in kinds where protocols.contains(service) {
            let section = root.section("service", "\(service)-login")
            for (name, kind) in [(service, plain), (service + "s", secure)] {
                let isTLS = kind == secure
                let port = kind.defaultPort
                let listener = section?.section("inet_listener", name)
                let number = listener.flatMap { port24($0) } ?? Located(port, at: listener?.location ?? .builtIn)
                let usesTLS = listener.flatMap { takeSwitch("ssl", in: $0, "TLS from the first byte") }?.value ?? isTLS
                let own = listener.flatMap { take(["address", "listen"], in: $0, "the addresses of this listener") }
                listener.map { refuseProxy($0) }
                guard number.value > 0, isTLS || !hasOnlyTLS else { continue }
                guard level.value != .none || !usesTLS else {
                    draft.tell(
                        "service/\(service)-login/inet_listener/\(name)", at: level.location, .notNeeded,
                        "ssl = no: there is no TLS to listen with")
                    continue
                }
                add(usesTLS ? secure : plain, number, own ?? addresses, level, plaintext, greeting, tls, &services)
            }
            let names = [service, service + "s"]
            for listener in section?.sections("inet_listener") ?? [] where !names.contains(listener.name) {
                let usesTLS = takeSwitch("ssl", in: listener, "TLS from the first byte")?.value ?? false
                let own = take(["address", "listen"], in: listener, "the addresses of this listener")
                refuseProxy(listener)
                guard let number = port24(listener), number.value > 0 else { continue }
                add(usesTLS ? secure : plain, number, own ?? addresses, level, plaintext, greeting, tls, &services)
            }
        }
        draft.dovecot = services
        readPOP3()
        var unserved = [("managesieve-login", "ManageSieve"), ("submission-login", "submission by Dovecot")]
        if !servesPOP3 { unserved.append(("pop3-login", "POP3")) }
        for (service, name) in unserved {
            for listener in root.section("service", service)?.sections("inet_listener") ?? [] {
                for setting in listener.settings { tell(setting.key, in: listener, .ignored, "\(name) is not served") }
            }
        }
    }

    private mutating func port24(_ listener: DovecotSection) -> Located<Int>? {
        guard let port = takeNumber("port", in: listener, "the port that is listened on") else { return nil }
        guard port.value <= 65_535 else {
            draft.error(
                at: port.location, "\(port.value) is no port", remedy: "0 to 65535; 0 switches the listener off")
            return nil
        }
        return port
    }

    private mutating func refuseProxy(_ listener: DovecotSection) {
        guard let setting = listener.last("haproxy") else { return }
        let isOn = ["yes", "y", "1"].contains(setting.value.lowercased())
        tell(
            "haproxy", in: listener, isOn ? .unsupported(.login) : .notNeeded,
            isOn ? "the PROXY protocol is not spoken here" : "is off")
    }

    private mutating func add(
        _ kind: ListenerModel.Kind, _ port: Located<Int>, _ addresses: Located<String>?,
        _ level: Located<SMTPListenerModel.TLSLevel>, _ plaintext: Located<Bool>, _ greeting: Located<String>?,
        _ tls: ServerTLSModel?, _ services: inout DovecotServices
    ) {
        var hosts = (addresses?.value ?? "*, ::").split { $0 == " " || $0 == "," }.map { host in
            host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
        }
        if hosts.contains("*") || hosts.contains("0.0.0.0"), hosts.contains("::") {
            hosts = ["*"] + hosts.filter { !["*", "0.0.0.0", "::"].contains($0) }
        } else {
            hosts = hosts.map { $0 == "*" ? "0.0.0.0" : $0 }
        }
        for host in hosts {
            var listener = ListenerModel(
                kind: kind, host: Located(host, at: addresses?.location ?? port.location), port: port.value)
            listener.mailboxes.tls = level
            listener.mailboxes.authentication = Located(plaintext.value ? .always : .underTLS, at: plaintext.location)
            listener.mailboxes.greeting = greeting
            listener.serverTLS = tls
            draft.model.listeners.append(listener)
            if kind == .imap { services.imapAddresses.append(Located("\(host):\(port.value)", at: port.location)) }
        }
    }

    /// ssl = yes, no, required.
    private mutating func ssl() -> Located<SMTPListenerModel.TLSLevel> {
        guard let value = root.last("ssl")?.located else { return Located(.may, at: .builtIn) }
        let note = "whether clients may or must use TLS"
        switch value.value {
        case "no":
            tell("ssl", in: root, .weak, "clients can't use TLS: passwords and mail go unencrypted")
            return Located(.none, at: value.location)
        case "yes", "required":
            tell("ssl", in: root, .used, note)
            return Located(value.value == "yes" ? .may : .encrypt, at: value.location)
        default:
            tell("ssl", in: root, .used, note)
            draft.error(at: value.location, "ssl: \(value.value) is not known", remedy: "yes, required or no")
            return Located(.encrypt, at: value.location)
        }
    }

    /// disable_plaintext_auth, or 2.4's auth_allow_cleartext.
    private mutating func plaintext(_ level: Located<SMTPListenerModel.TLSLevel>) -> Located<Bool> {
        var allows = Located(false, at: .builtIn)
        for (key, isNegative) in [("disable_plaintext_auth", true), ("auth_allow_cleartext", false)] {
            guard let setting = root.last(key) else { continue }
            let isYes = ["yes", "y", "1"].contains(setting.value.lowercased())
            if isYes != isNegative, isYes || setting.value.lowercased() == "no", level.value != .encrypt {
                tell(key, in: root, .weak, "passwords are taken without TLS: whoever listens in has them")
                allows = Located(true, at: setting.location)
            } else if takeSwitch(key, "whether passwords are taken without TLS") != nil {
                allows = Located(false, at: setting.location)
            }
        }
        return allows
    }

    private mutating func readProtocols() -> Set<String> {
        var served: Set<String> = []
        for section in root.sections("protocols") where isVersion24 {
            for setting in section.settings {
                let isOn = ["yes", "y", "1"].contains(setting.value.lowercased())
                if isOn { served.insert(setting.key) }
                let verdict = Self.verdict(ofProtocol: setting.key)
                tell(
                    setting.key, in: section, isOn ? verdict?.fate ?? .ignored : .notNeeded,
                    isOn ? verdict?.note ?? "not known" : "is off")
            }
        }
        if let list = take("protocols", "the protocols that are served") {
            for word in list.value.split(separator: " ").map(String.init) {
                guard let verdict = Self.verdict(ofProtocol: word) else {
                    draft.error(at: list.location, "protocols: \(word) is not known", remedy: "imap lmtp")
                    continue
                }
                served.insert(word)
                if verdict.fate != .used {
                    draft.tell("protocols/\(word)", at: list.location, verdict.fate, verdict.note)
                }
            }
        }
        if served.remove("imaps") != nil {
            // Without "imap" beside it, only the listener with TLS is wanted.
            hasOnlyIMAPS = !served.contains("imap")
            served.insert("imap")
        }
        if served.remove("pop3s") != nil {
            hasOnlyPOP3S = !served.contains("pop3")
            served.insert("pop3")
        }
        guard served.isEmpty, root.last("protocols") == nil || lacksProtocolFiles else { return served }
        if root.last("protocols") != nil || lacksProtocolFiles {
            draft.warning(
                at: location, "protocols names none: on a Dovecot of its own, packages would have set it",
                remedy: "IMAP is served; protocols = imap says so")
        }
        return ["imap"]
    }

    private static func verdict(ofProtocol name: String) -> DovecotSettingTable.Verdict? {
        switch name {
        case "imap", "imaps": .init(fate: .used, note: "is served")
        case "lmtp": .init(fate: .used, note: "mail is delivered to users")
        case "pop3", "pop3s": .init(fate: .used, note: "is served")
        case "sieve", "managesieve": .init(fate: .missingFilter, note: "scripts of users are neither managed nor run")
        case "submission": .init(fate: .ignored, note: "submission is Postfix's here")
        case "none": .init(fate: .used, note: "no protocol is served")
        default: nil
        }
    }

    /// The sockets that other programs of the site use: Postfix asks the auth socket and delivers to the LMTP socket.
    mutating func readSockets() {
        var services = draft.dovecot ?? DovecotServices()
        let base = (root.last("base_dir")?.value ?? "/run/dovecot").trimmingSlash
        for (service, isAuth) in [("auth", true), ("lmtp", false)] {
            let section = root.section("service", service)
            for listener in section?.sections("unix_listener") ?? [] {
                let path =
                    take(["path", "unix_listener_path"], in: listener, "the socket's path")?.value ?? listener.name
                guard !path.isEmpty else { continue }
                let full = path.hasPrefix("/") ? path : "\(base)/\(path)"
                if !isAuth, opensLMTP { addLMTP(Located(full, at: listener.location), port: 0, listener) }
                for setting in listener.settings {
                    tell(setting.key, in: listener, .notNeeded, "the programs behind this socket are joined inside")
                }
                let names = ["auth-userdb", "auth-master", "login"]
                if isAuth, names.contains(where: { full.hasSuffix("/\($0)") }) { continue }
                let socket = Located(full, at: listener.location)
                if isAuth { services.authSockets.append(socket) } else { services.lmtpSockets.append(socket) }
            }
            for listener in section?.sections("inet_listener") ?? [] {
                let addresses = take(["address", "listen"], in: listener, "where other programs reach it")
                guard let port = port24(listener), port.value > 0 else { continue }
                for host in (addresses?.value ?? "*").split(separator: " ") {
                    let socket = Located("inet:\(host):\(port.value)", at: listener.location)
                    if isAuth {
                        services.authSockets.append(socket)
                        draft.tell(
                            listener.path, "\(host):\(port.value)", at: listener.location, .ignored,
                            "other machines can't ask for logins here; a Postfix of this import is joined inside")
                        continue
                    }
                    let isEverywhere = host == "*" || host == "0.0.0.0"
                    for name in isEverywhere ? [host, "127.0.0.1", "localhost"] : [host] {
                        services.lmtpSockets.append(Located("inet:\(name):\(port.value)", at: listener.location))
                    }
                    guard opensLMTP else {
                        draft.tell(
                            listener.path, "\(host):\(port.value)", at: listener.location, .ignored,
                            "LMTP is not served to other machines; a Postfix of this import delivers inside")
                        continue
                    }
                    addLMTP(Located(String(host), at: listener.location), port: port.value, listener)
                }
            }
        }
        // Dovecot has these without being told.
        services.lmtpSockets.append(Located("\(base)/lmtp", at: .builtIn))
        if opensLMTP, root.section("service", "lmtp")?.section("unix_listener", "lmtp") == nil {
            addLMTP(Located("\(base)/lmtp", at: location), port: 0, nil)
        }
        services.authSockets.append(Located("\(base)/auth-client", at: .builtIn))
        draft.dovecot = services
    }
}

extension String {
    var trimmingSlash: String { count > 1 && hasSuffix("/") ? String(dropLast()) : self }
}
