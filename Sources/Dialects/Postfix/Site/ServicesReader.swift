import Directory
import SiteConfiguration

/// The smtpd services of master.cf → listeners, each with its policy; the other services → the report.
struct ServicesReader {
    let reading: PostfixReading
    let master: MasterConfiguration

    /// postconf(5), known_tcp_ports; and the names of services(5) that mail is served at.
    private static let ports = ["smtp": 25, "submission": 587, "smtps": 465, "submissions": 465, "urd": 465]

    /// Programs of Postfix that are parts of Postroom itself, or that it does not need.
    private static let ownPrograms: Set<String> = [
        "pickup", "cleanup", "qmgr", "oqmgr", "tlsmgr", "trivial-rewrite", "bounce", "verify", "flush", "proxymap",
        "smtp", "showq", "error", "discard", "local", "virtual", "lmtp", "anvil", "scache", "postlogd", "nqmgr",
    ]

    func read() {
        var policies: [(policy: PolicyModel, service: MasterConfiguration.Service)] = []
        for service in master.services {
            reading.serviceSettings += service.settings
            guard service.type == "inet" || service.type == "pass" else {
                readOther(service)
                continue
            }
            if let listener = read(service) { policies.append((listener, service)) }
        }
        // A service without the parameter has no owners of senders; those of another service are not its own.
        if policies.contains(where: { $0.policy.senderLogins != nil }) {
            for index in policies.indices
            where policies[index].policy.senderLogins == nil && policies[index].policy.isAuthenticationEnabled {
                policies[index].policy.senderLogins = []
            }
        }
        reading.draft.model.policies = policies.map(\.policy)
        reading.draft.model.senders.checksLogin = policies.contains { $0.policy.checksSenderLogins }
        if policies.isEmpty {
            reading.warning(
                at: master.services.first?.location ?? .builtIn, "master.cf has no smtpd service: no mail is received",
                remedy: "write: smtp inet n - y - - smtpd")
        }
    }

    /// - Returns: the policy of the listeners that were added.
    private func read(_ service: MasterConfiguration.Service) -> PolicyModel? {
        var service = service
        if service.command == "postscreen" {
            reading.report(
                "\(service.label) postscreen", at: service.location, .missingFilter,
                "there is no screening of strangers before the SMTP server, which takes port \(service.name) itself")
            // postscreen hands over to the smtpd service of the type pass.
            if let behind = master.services.first(where: { $0.type == "pass" && $0.isSMTPServer }) {
                let name = service.name
                service = behind
                service.name = name
                service.type = "inet"
            }
        } else if service.type == "pass" {
            if !master.services.contains(where: { $0.command == "postscreen" }) {
                reading.report(service.label, at: service.location, .notNeeded, "nothing hands connections to it")
            }
            return nil
        } else if !service.isSMTPServer {
            readOther(service)
            return nil
        }
        let parameters = ParameterReader(reading, reading.main.overridden(by: service.settings))
        guard let endpoint = endpoint(service, parameters) else { return nil }
        reading.report(
            service.label, value: service.command, at: service.location, .used,
            "listens on port \(endpoint.port), with the policy \(service.label)")
        let policy = PolicyReader(parameters, name: service.label).read(at: service.location)
        let listener = ListenerReader(parameters, service: service)
        for host in endpoint.hosts {
            reading.draft.model.listeners.append(listener.listener(host: host, port: endpoint.port, policy: policy))
        }
        return policy
    }

    /// `smtp`, `587`, `127.0.0.1:10025`, `[::1]:smtp`, `localhost:2525`
    private func endpoint(
        _ service: MasterConfiguration.Service, _ parameters: ParameterReader
    ) -> (hosts: [Located<String>], port: Int)? {
        var host: String?
        var portName = service.name
        if let colon = service.name.lastIndex(of: ":") {
            let before = String(service.name[..<colon].drop { $0 == "[" }.prefix { $0 != "]" })
            portName = String(service.name[service.name.index(after: colon)...])
            if !before.isEmpty { host = before }
        }
        guard let port = Self.ports[portName] ?? Int(portName).flatMap({ (1...65_535).contains($0) ? $0 : nil }) else {
            reading.error(
                at: service.location, "\(service.label): \"\(WordList.printable(portName))\" is no port",
                remedy: "write a number, or smtp, submission or submissions")
            return nil
        }
        guard let host else { return (InterfacesReader(parameters).hosts(), port) }
        if host.lowercased() == "localhost" { return ([Located("127.0.0.1", at: service.location)], port) }
        guard InterfacesReader.isAddress(host) || host == "0.0.0.0" || host == "::" else {
            reading.error(
                at: service.location, "\(service.label): \(WordList.printable(host)) would have to be looked up",
                remedy: "write the IP address before the port")
            return nil
        }
        return ([Located(host, at: service.location)], port)
    }

    private func readOther(_ service: MasterConfiguration.Service) {
        if reading.clientServices.contains(where: { $0.label == service.label }) {
            return reading.report(
                service.label, value: service.command, at: service.location, .used,
                "the transport \(service.name), with the options that stand here")
        }
        for setting in service.settings { tell(setting, of: service) }
        switch service.command {
        case "dnsblog", "tlsproxy":
            reading.report(
                service.label, value: service.command, at: service.location, .notNeeded, "part of postscreen")
        case let program where Self.ownPrograms.contains(program):
            reading.report(service.label, value: program, at: service.location, .notNeeded, "Postroom does this itself")
        case "pipe":
            reading.report(
                service.label, value: "pipe", at: service.location, .ignored,
                "no programs are run; mail that names this transport is reported where it is named")
        case "spawn":
            reading.report(
                service.label, value: "spawn", at: service.location, .missingFilter, "no programs are run")
        default:
            reading.report(
                service.label, value: service.command, at: service.location, .ignored, "there is no such service here")
        }
    }

    /// Options of the services that are not listeners.
    private func tell(_ setting: MainConfiguration.Setting, of service: MasterConfiguration.Service) {
        let matters = [
            "relayhost", "content_filter", "header_checks", "smtp_generic_maps", "smtp_header_checks",
        ]
        if matters.contains(setting.name), !setting.value.isEmpty, service.name != "postlog" {
            reading.tell(
                setting.key, .ignored,
                "of the service \(service.label): what main.cf says holds for all mail that leaves")
        } else {
            reading.tell(setting.key, .ignored, "of the service \(service.label), which Postroom does itself")
        }
    }
}
