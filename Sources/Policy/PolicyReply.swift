import MailModel

/// The replies of restrictions, in Postfix's words.
enum PolicyReply {
    /// What a reply is about: its name between `<` and `>`, and how Postfix calls it.
    enum Subject: Sendable {
        case client(ClientFacts)
        /// By the name that its address has in DNS.
        case reverseClient(String)
        case helo(String)
        case sender(ReversePath)
        case recipient(EmailAddress)
        case data
        case endOfData

        var text: String {
            switch self {
            case .client(let client): "<\(client.description)>: Client host"
            case .reverseClient(let name): "<\(name)>: Unverified Client host"
            case .helo(let name): "<\(name)>: Helo command"
            case .sender(let path): "<\(path)>: Sender address"
            case .recipient(let address): "<\(address)>: Recipient address"
            case .data: "<DATA>: Data command"
            case .endOfData: "<END-OF-MESSAGE>: End-of-data"
            }
        }
    }

    static func rejected(
        _ subject: Subject, _ text: String, code: UInt16 = 554, _ status: EnhancedStatusCode? = nil
    ) -> SMTPReply {
        let status = status ?? EnhancedStatusCode(UInt8(clamping: code / 100), 7, 1)
        return SMTPReply(code, status, "\(subject.text) rejected: \(text)")
    }

    static func tryAgainLater(_ subject: Subject) -> SMTPReply {
        rejected(subject, "Try again later", code: 450, EnhancedStatusCode(4, 3, 2))
    }

    /// `relay_domains_reject_code` is 554; `defer_unauth_destination` gives 454.
    static func relayDenied(_ recipient: EmailAddress, isDeferred: Bool) -> SMTPReply {
        SMTPReply(
            isDeferred ? 454 : 554, EnhancedStatusCode(isDeferred ? 4 : 5, 7, 1), "<\(recipient)>: Relay access denied")
    }

    static func notOwned(_ sender: ReversePath, by login: String) -> SMTPReply {
        rejected(.sender(sender), "not owned by user \(login)", code: 553)
    }

    /// The same for an address of `From:` or `Sender:`.
    static func notOwned(_ address: EmailAddress, inField name: String, by login: String) -> SMTPReply {
        SMTPReply(
            553, EnhancedStatusCode(5, 7, 1), "<\(address)>: \(name) header rejected: not owned by user \(login)")
    }

    static func unreadable(_ name: String) -> SMTPReply {
        SMTPReply(
            553, EnhancedStatusCode(5, 7, 1), "\(name) header rejected: it must hold addresses that can be read")
    }

    static func notLoggedIn(_ sender: ReversePath) -> SMTPReply {
        rejected(.sender(sender), "not logged in", code: 553)
    }

    static func temporaryLookupFailure(_ name: String) -> SMTPReply {
        SMTPReply(451, EnhancedStatusCode(4, 3, 0), "<\(name)>: Temporary lookup failure")
    }

    static func notFullyQualified(_ subject: Subject) -> SMTPReply {
        let text =
            switch subject {
            case .helo: "need fully-qualified hostname"
            default: "need fully-qualified address"
            }
        return rejected(subject, text, code: 504, EnhancedStatusCode(5, 5, 2))
    }

    static func improperPipelining(_ subject: Subject) -> SMTPReply {
        rejected(subject, "Improper use of SMTP command pipelining", code: 503, EnhancedStatusCode(5, 5, 0))
    }

    static let configurationError = SMTPReply(451, EnhancedStatusCode(4, 3, 5), "Server configuration error")
}
