import Directory
import SiteConfiguration

/// `transport:nexthop` → what becomes of a message.
struct TransportReader {
    let reading: PostfixReading

    init(_ reading: PostfixReading) {
        self.reading = reading
    }

    /// Nil for Postfix's own defaults of a class: the mailboxes (`virtual`), the next host by MX (`smtp`, `relay`).
    func transport(_ text: Located<String>, parameter: String) -> TransportModel? {
        let colon = text.value.firstIndex(of: ":")
        let name = colon.map { String(text.value[..<$0]) } ?? text.value
        let hop = colon.map { String(text.value[text.value.index(after: $0)...]) } ?? ""
        if !["smtp", "relay", "lmtp"].contains(name), reading.clientServices.contains(where: { $0.name == name }) {
            return .named(text)
        }
        switch name.lowercased() {
        case "": return nil
        case "virtual": return parameter == "virtual_transport" ? nil : .mailboxes(at: text)
        case "smtp", "relay":
            if hop.isEmpty {
                return parameter.hasPrefix("virtual") || parameter == "local_transport"
                    ? .smtp(text.map { _ in "" }) : nil
            }
            // A relay with options of its own is told by OutgoingReader; without them both are the same.
            return name.lowercased() == "relay" && hasOptions("relay")
                ? .named(text) : .smtp(Located(hop, at: text.location))
        case "lmtp": return lmtp(Located(hop, at: text.location), text)
        case "error": return .error(Located(hop.isEmpty ? "5.0.0 undeliverable" : hop, at: text.location))
        case "retry": return .retry(Located(hop.isEmpty ? "4.0.0 put off" : hop, at: text.location))
        case "discard": return .discard(Located(hop, at: text.location))
        default:
            // dovecot(-lda) by pipe(8) hands the message to a store that is now ours.
            if name.lowercased().hasPrefix("dovecot"), reading.draft.dovecot != nil {
                ParameterReader(reading).tell(
                    parameter, .used,
                    "Dovecot's delivery program wrote the accounts' mailboxes, which Postroom does itself")
                return .accounts(at: text)
            }
            ParameterReader(reading).tellAlways(
                parameter, value: text.value, at: text.location, .unsupported(.routing),
                "there is no transport \(WordList.printable(name)) here: such mail stays in the queue")
            return .unserved(text)
        }
    }

    private func hasOptions(_ name: String) -> Bool {
        reading.clientServices.contains { service in
            service.name == name
                && service.settings.contains { $0.name.hasPrefix("smtp_") && $0.name != "smtp_fallback_relay" }
        }
    }

    private func lmtp(_ hop: Located<String>, _ text: Located<String>) -> TransportModel {
        let place =
            hop.value.hasPrefix("unix:")
            ? reading.absolute(String(hop.value.dropFirst("unix:".count))) : hop.value
        if let services = reading.draft.dovecot {
            if services.lmtpSockets.contains(where: { SocketPath.areSame($0.value, place) }) {
                return .accounts(at: text)
            }
            // Postfix leaves out `inet:`.
            let inet = place.hasPrefix("inet:") ? place : "inet:\(place)"
            if services.lmtpSockets.contains(where: { $0.value == inet }) { return .accounts(at: text) }
        }
        return .lmtp(
            hop.value.hasPrefix("unix:") ? hop.map { _ in "unix:\(reading.draft.files.hostPath(place))" } : hop)
    }
}

/// Paths of sockets, which programs spell as they like.
enum SocketPath {
    /// `/var/run` is `/run` everywhere by now; doubled slashes are one.
    static func areSame(_ left: String, _ right: String) -> Bool { normalized(left) == normalized(right) }

    private static func normalized(_ path: String) -> String {
        let path = path.hasPrefix("unix:") ? String(path.dropFirst("unix:".count)) : path
        guard path.hasPrefix("/") else { return path }
        var parts = path.split(separator: "/").filter { $0 != "." }
        if parts.count > 1, parts[0] == "var", parts[1] == "run" { parts.removeFirst() }
        return "/" + parts.joined(separator: "/")
    }
}
