package import Directory
package import MailModel

/// Edits the header of a message that comes in, as cleanup(8) does: drops fields, rewrites addresses by canonical(5), adds
/// what is missing (RFC 6409 §8).
package struct HeaderRewriting: Sendable {
    /// What the fields that are missing are made of.
    package struct Facts: Sendable {
        /// Of the envelope, after canonical(5).
        package var sender: ReversePath
        package var id: String
        package var hostname: String
        package var date: RFC5322Date

        package init(sender: ReversePath, id: String, hostname: String, date: RFC5322Date = .now) {
            self.sender = sender
            self.id = id
            self.hostname = hostname
            self.date = date
        }
    }

    private let options: RoutingOptions
    /// Whether the client is one for whom addresses are completed and rewritten and missing fields added
    /// (`local_header_rewrite_clients`).
    private let isLocalClient: Bool

    package init(_ router: Router, isLocalClient: Bool) {
        options = router.options
        self.isLocalClient = isLocalClient
    }

    /// Different addresses of one message that are looked up; those behind them stay as they are
    /// (header_address_token_limit of cleanup(8) cuts off likewise).
    package static let addressLimit = 1000

    private static let senderFields = HeaderOptions.names([
        "from", "sender", "reply-to", "errors-to", "return-receipt-to", "disposition-notification-to",
        "mail-followup-to", "resent-from", "resent-sender",
    ])
    private static let recipientFields = HeaderOptions.names([
        "to", "cc", "bcc", "apparently-to", "resent-to", "resent-cc", "resent-bcc", "resent-reply-to",
    ])
    private static let neededFields = HeaderOptions.names([
        "date", "message-id", "resent-date", "resent-message-id",
    ])

    private var droppedFields: Set<[UInt8]> {
        isLocalClient ? options.headers.dropped.union(options.headers.droppedForLocalClients) : options.headers.dropped
    }

    /// Whether there is anything to be done to any header.
    package var isNeeded: Bool {
        isLocalClient || options.headers.alwaysAddsMissing || !options.headers.dropped.isEmpty
    }

    /// Splits a header into the fields that matter here, and those that `others` names.
    package func header(_ bytes: [UInt8]) -> MessageHeader {
        MessageHeader(
            bytes, fields: Self.senderFields.union(Self.recipientFields).union(Self.neededFields).union(droppedFields))
    }

    /// The header as it goes on. Unavailable when a table can't be asked, or answers with what is no address.
    package func edited(_ header: MessageHeader, _ facts: Facts) async -> Answer<MessageHeader> {
        var header = header
        var steps: [TraceStep] = []
        for field in header.fields(named: droppedFields) { header.remove(field) }
        if isLocalClient {
            let failed = await rewriteAddresses(in: &header, &steps)
            if let failed { return Answer(.unavailable(failed), steps: steps) }
        }
        if isLocalClient || options.headers.alwaysAddsMissing { addMissing(to: &header, facts) }
        return Answer(.found(header), steps: steps)
    }

    // MARK: Addresses

    private func rewriteAddresses(
        in header: inout MessageHeader, _ steps: inout [TraceStep]
    ) async -> UnavailableReason? {
        var known: [Key: EmailAddress] = [:]
        let dropped = droppedFields
        for field in header.fields {
            let name = header.name(of: field)
            let addressClass: CanonicalOptions.AddressClass
            if dropped.contains(name) {
                continue
            } else if Self.senderFields.contains(name) {
                addressClass = .headerSender
            } else if Self.recipientFields.contains(name) {
                addressClass = .headerRecipient
            } else {
                continue
            }
            for range in AddressSpecificationScan(header.original, in: field.value).ranges {
                guard let (written, isComplete) = address(header.original[range]) else { continue }
                let key = Key(address: written, isSender: addressClass == .headerSender)
                let target: EmailAddress
                if let found = known[key] {
                    target = found
                } else {
                    guard known.count < Self.addressLimit else { return nil }
                    let answer = await rewritten(written, as: addressClass)
                    steps += answer.steps
                    switch answer.outcome {
                    case .found(let found): target = found
                    case .absent: target = written
                    case .unavailable(let reason): return reason
                    }
                    known[key] = target
                }
                if !isComplete || target != written { header.replace(range, with: target.quoted) }
            }
        }
        return nil
    }

    private struct Key: Hashable {
        var address: EmailAddress
        var isSender: Bool
    }

    private func rewritten(
        _ address: EmailAddress, as addressClass: CanonicalOptions.AddressClass
    ) async -> Answer<EmailAddress> {
        let completed = options.completed(address)
        guard options.canonical.rewrites(addressClass) else { return Answer(.found(completed)) }
        let answer = await CanonicalRewriting(options: options).rewrite(completed, as: addressClass)
        if case .absent = answer.outcome { return Answer(.found(completed), steps: answer.steps) }
        return answer
    }

    /// The address that an addr-spec is, with our domain where it has none; nil for what is none.
    private func address(_ bytes: ArraySlice<UInt8>) -> (EmailAddress, isComplete: Bool)? {
        switch HeaderAddress(bytes) {
        case .address(let address): return (address, true)
        case .unqualified(let name):
            guard options.headers.appendsOrigin, let address = EmailAddress(localPart: name, domain: options.myOrigin)
            else { return nil }
            return (address, false)
        case .unusable: return nil
        }
    }

    // MARK: Missing fields

    /// A message that was sent on (`Resent-…`) lacks those of its last sending.
    private func addMissing(to header: inout MessageHeader, _ facts: Facts) {
        var names = Set(header.fields.map { header.name(of: $0) })
        let resent = Array("resent-".utf8)
        let isResent = names.contains { $0.starts(with: resent) }
        if isResent { names = Set(names.filter { $0.starts(with: resent) }.map { Array($0.dropFirst(resent.count)) }) }
        let prefix = isResent ? "Resent-" : ""
        func add(_ name: String, _ value: String) {
            guard !names.contains(Array(name.lowercased().utf8)) else { return }
            ComposedHeaderField(named: prefix + name, [HeaderValue(replacingControls: value)]).map { header.append($0) }
        }
        add("Message-Id", "<\(facts.date.stamp).\(facts.id)@\(facts.hostname)>")
        add("Date", facts.date.local())
        let sender = facts.sender.address ?? EmailAddress(localPart: "MAILER-DAEMON".utf8, domain: options.myOrigin)
        if let sender { add("From", String(decoding: sender.quoted, as: UTF8.self)) }
    }
}

/// What an addr-spec of a header says.
package enum HeaderAddress: Hashable, Sendable {
    case address(EmailAddress)
    /// A name alone.
    case unqualified([UInt8])
    case unusable

    package init(_ bytes: ArraySlice<UInt8>) {
        let elements = AddressList(Array(bytes)).elements
        let isQuoted = bytes.contains(UInt8(ascii: "\""))
        switch elements.count == 1 ? elements.first : nil {
        case .address(let address):
            // Two addresses side by side are none.
            let isOne = isQuoted || !address.localPart.contains { $0 <= 0x20 || $0 == UInt8(ascii: "@") }
            self = isOne ? .address(address) : .unusable
        case .unqualified(let name): self = .unqualified(name)
        case .otherDomain, .unusable, nil: self = .unusable
        }
    }
}
