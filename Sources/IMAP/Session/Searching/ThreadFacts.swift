import MailModel

/// What THREAD must know of one message.
package struct ThreadFacts: Hashable, Sendable {
    /// The sent date (RFC 5256 §2.2).
    var date: Int64
    var subject: [UInt8] = []
    var isReplyOrForward = false
    var messageID: [UInt8]?
    /// Of References, or the first of In-Reply-To; the oldest ancestor first.
    var references: [[UInt8]] = []

    /// Ancestors of one message that are looked at.
    private static let maximumReferences = 1_000
    /// Of a longer subject this much is compared.
    private static let subjectLength = 1024

    init(_ algorithm: ThreadAlgorithm, _ message: some MessageFacts) {
        date = SortOrder.sentDate(of: message)
        if algorithm != .refs {
            let base = BaseSubject(message.fields(named: "Subject")?.first ?? [])
            subject = Array(base.key.prefix(Self.subjectLength))
            isReplyOrForward = base.isReplyOrForward
        }
        guard algorithm != .orderedSubject else { return }
        messageID = message.fields(named: "Message-ID")?.first.flatMap { MessageIdentifiers.list($0, limit: 1).first }
        references = MessageIdentifiers.list(
            message.fields(named: "References")?.first ?? [], limit: Self.maximumReferences)
        if references.isEmpty {
            references = MessageIdentifiers.list(message.fields(named: "In-Reply-To")?.first ?? [], limit: 1)
        }
    }

    /// Octets that it takes.
    var weight: Int {
        subject.count + (messageID?.count ?? 0) + references.reduce(0) { $0 + $1.count + 32 } + 64
    }

    package static func needs(_ algorithm: ThreadAlgorithm) -> MessageNeeds {
        var needs = MessageNeeds()
        needs.internalDate = true
        switch algorithm {
        case .orderedSubject: needs.fields = ["DATE", "SUBJECT"]
        case .references: needs.fields = ["DATE", "SUBJECT", "MESSAGE-ID", "REFERENCES", "IN-REPLY-TO"]
        case .refs: needs.fields = ["DATE", "MESSAGE-ID", "REFERENCES", "IN-REPLY-TO"]
        }
        return needs
    }
}
