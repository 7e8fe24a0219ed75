import MailModel

// How the values of a queued message stand in a spool file. A change here is a new version of the format: files of older
// versions stay readable.

extension SpoolEncoder {
    mutating func append(_ message: QueuedMessage) {
        append(text: message.id.description)
        append(message.isHeld)
        append(message.envelope)
        append(list: message.recipients) { $0.append($1) }
    }

    mutating func append(_ envelope: QueuedEnvelope) {
        append(envelope.sender.path)
        append(envelope.sender.declaredSize) { $0.append($1) }
        let body: UInt8 =
            switch envelope.sender.body {
            case .sevenBit: 0
            case .eightBitMIME: 1
            case .binaryMIME: 2
            }
        append(body)
        append(envelope.sender.smtpUTF8)
        append(envelope.sender.ret) { $0.append($1 == .full) }
        append(envelope.sender.envelopeID) { $0.append(octets: $1) }
        append(envelope.arrival)
        append(envelope.submitter) { $0.append(text: $1) }
        append(envelope.client) { $0.append(text: $1) }
        append(envelope.needs.rawValue)
    }

    mutating func append(_ recipient: QueuedRecipient) {
        append(recipient.recipient.address)
        append(recipient.recipient.notify) { $0.append($1.rawValue) }
        append(recipient.recipient.originalRecipient) { $0.append(text: $1) }
        append(recipient.recipient.hasSourceRoute)
        append(recipient.given == recipient.recipient.address ? nil : recipient.given) { $0.append($1) }
        append(recipient.sender) { $0.append($1) }
        if let mailbox = recipient.mailbox, recipient.way == .mailbox {
            append(mailbox)
        } else {
            append(recipient.way)
        }
        append(recipient.isWayFixed)
        append(recipient.state)
    }

    mutating func append(_ address: EmailAddress) {
        append(octets: address.localPart)
        append(octets: address.domain.bytes)
    }

    mutating func append(_ path: ReversePath) {
        append(path.address) { $0.append($1) }
    }

    mutating func append(_ way: QueuedWay) {
        switch way {
        case .mailbox:
            append(UInt8(0))
        case .unresolved:
            append(UInt8(6))
        case .remote(let transport, let nextHop, let domain):
            switch (transport.kind, transport.name) {
            case (.smtp, nil): append(UInt8(1))
            case (.lmtp, nil): append(UInt8(2))
            case (.smtp, let name?):
                append(UInt8(3))
                append(text: name)
            case (.lmtp, let name?):
                append(UInt8(4))
                append(text: name)
            }
            append(nextHop) { $0.append(text: $1) }
            append(octets: domain.bytes)
        }
    }

    /// In place of the way.
    private mutating func append(_ mailbox: QueuedMailbox) {
        append(UInt8(5))
        append(text: mailbox.format.rawValue)
        append(octets: mailbox.path)
    }

    mutating func append(_ state: QueuedState) {
        switch state {
        case .waiting(let attempts):
            append(UInt8(0))
            append(attempts.count)
            append(attempts.next)
            append(attempts.last) { $0.append($1) }
            append(attempts.lastHost) { $0.append(text: $1) }
            append(attempts.isDelayReported)
        case .delivered: append(UInt8(1))
        case .failed: append(UInt8(2))
        case .deleted: append(UInt8(3))
        case .expanded: append(UInt8(4))
        case .untold(let success):
            append(UInt8(5))
            let kind: UInt8 =
                switch success.kind {
                case .delivered: 0
                case .relayed: 1
                case .expanded: 2
                }
            append(kind)
            append(success.reply)
            append(success.host) { $0.append(text: $1) }
        }
    }

    mutating func append(_ reply: SMTPReply) {
        append(reply.code)
        append(reply.enhanced) { encoder, code in
            encoder.append(code.statusClass)
            encoder.append(code.subject)
            encoder.append(code.detail)
        }
        append(list: reply.lines) { $0.append(text: $1) }
    }

    mutating func append(_ change: QueueChange) {
        switch change {
        case .state(let places, let state):
            append(UInt8(0))
            append(places: places)
            append(state)
        case .way(let places, let way, let isFixed):
            append(UInt8(1))
            append(places: places)
            append(way)
            append(isFixed)
        case .envelope(let envelope):
            append(UInt8(2))
            append(envelope)
        case .held(let isHeld):
            append(UInt8(3))
            append(isHeld)
        case .expand(let place, let copies, let state):
            append(UInt8(4))
            append(UInt32(clamping: place))
            append(list: copies) { $0.append($1) }
            append(state)
        }
    }

    private mutating func append(places: [Int]) {
        append(list: places) { $0.append(UInt32(clamping: $1)) }
    }
}
