import Directory
import SiteConfiguration

extension DovecotSite {
    /// Whether mail comes by LMTP from a mail server that is no part of the import.
    var opensLMTP: Bool { servesLMTP && !draft.hasPostfix }

    /// A listener of `service lmtp`: it takes mail for users alone, as Dovecot's does.
    mutating func addLMTP(_ host: Located<String>, port: Int, _ section: DovecotSection?) {
        let place = host.value == "*" ? host.map { _ in "0.0.0.0" } : host
        var listener = ListenerModel(kind: .lmtp, host: place, port: port)
        listener.lmtp.recipients = Located(.accounts, at: host.location)
        if let section, listener.isUnixSocket {
            if let mode = take("mode", in: section, "who may connect") {
                if let bits = UInt32(mode.value, radix: 8), bits <= 0o777 {
                    listener.lmtp.mode = mode.map { _ in bits }
                } else {
                    draft.error(at: mode.location, "\(mode.value) is no mode", remedy: "permissions in octal: 0660")
                }
            }
            listener.lmtp.owner = take("user", in: section, "whose the socket is")
            listener.lmtp.group = take("group", in: section, "whose the socket is")
        } else if let section {
            draft.tell(
                section.path, "\(place.value):\(port)", at: section.location, .used, "LMTP is listened on here")
        }
        if listener.isUnixSocket {
            listener.host = listener.host.map { draft.files.hostPath($0) }
        }
        draft.model.listeners.append(listener)
    }
}
