package import MailModel
import Net

/// The fields that a server puts on top of a message it takes over (RFC 5321 §4.4), in the form that Postfix gives them
/// and that log analysers and filters know.
package struct TraceHeaders: Sendable {
    /// The name of this server: `by`.
    package var hostname: String
    /// The product's name, in parentheses behind `hostname`; nil leaves it out.
    package var product: String?
    /// Whether TLS version and cipher are told (`smtpd_tls_received_header`).
    package var showsTLS: Bool
    /// Whether the login is told (`smtpd_sasl_authenticated_header`).
    package var showsLogin: Bool

    package init(hostname: String, product: String? = "Postroom", showsTLS: Bool = false, showsLogin: Bool = false) {
        self.hostname = hostname
        self.product = product
        self.showsTLS = showsTLS
        self.showsLogin = showsLogin
    }

    /// `Received:`, RFC 5321 §4.4, with the protocol names of RFC 3848 and RFC 6531 §4.3.
    ///
    /// - Parameters:
    ///   - clientName: the client's host name as DNS confirmed it; nil is written `unknown`.
    ///   - hidesClient: the `from` clause is left out, with the client's name and address (RFC 5322 §3.6.7 lets it be
    ///     missing).
    ///   - recipient: named only where it is the message's only one: no recipient learns of another.
    package func received(
        _ session: SMTPSessionFacts, clientName: String? = nil, hidesClient: Bool = false, id: String,
        recipient: EmailAddress?,
        smtpUTF8: Bool = false, date: RFC5322Date = .now
    ) -> ComposedHeaderField {
        if let uid = session.connection.peerUID {
            // As Postfix writes it of what sendmail(1) hands in: that a process of this host said EHLO tells nobody more.
            let by = [product, "from userid \(uid)"].compactMap { $0 }.joined(separator: ", ")
            return field("Received", ["by \(hostname) (\(by))", "id \(id); \(date.local())"])
        }
        var lines: [String] = []
        let client: String
        if let address = session.connection.remoteAddress {
            client = "\(clientName ?? "unknown") [\(address.contains(":") ? "IPv6:" : "")\(address)]"
        } else {
            client = "localhost [local]"
        }
        if !hidesClient { lines.append("from \(session.helo ?? clientName ?? "unknown") (\(client))") }
        if showsTLS, let tls = session.connection.tls {
            lines.append("(using \(tls.version)\(tls.cipher.map { " with cipher \($0)" } ?? ""))")
        }
        if showsLogin, let login = session.login { lines.append("(Authenticated sender: \(login))") }
        let name = product.map { " (\($0))" } ?? ""
        let by = "by \(hostname)\(name) with \(Self.protocolName(session, smtpUTF8: smtpUTF8)) id \(id)"
        if let recipient {
            lines += [by, "for <\(recipient)>; \(date.local())"]
        } else {
            lines += [by + ";", date.local()]
        }
        return field("Received", lines)
    }

    static func protocolName(_ session: SMTPSessionFacts, smtpUTF8: Bool) -> String {
        let base =
            if session.isLMTP {
                smtpUTF8 ? "UTF8LMTP" : "LMTP"
            } else if smtpUTF8 {
                "UTF8SMTP"
            } else {
                session.isExtended ? "ESMTP" : "SMTP"
            }
        guard session.isExtended || session.isLMTP else { return base }
        return base + (session.connection.tls == nil ? "" : "S") + (session.login == nil ? "" : "A")
    }

    private func field(_ name: StaticString, _ lines: [String]) -> ComposedHeaderField {
        ComposedHeaderField(name, lines.map { HeaderValue(replacingControls: $0) })
    }
}
