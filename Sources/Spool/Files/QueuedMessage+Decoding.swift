import MailModel

extension SpoolDecoder {
    /// - Parameter size: octets of content, which stand elsewhere in the file.
    mutating func message(size: UInt64) throws(Fault) -> QueuedMessage {
        guard let id = QueueID(try text()) else { throw Fault("what should be a queue id is none") }
        let isHeld = try flag()
        let envelope = try envelope()
        let recipients = try list { decoder throws(Fault) in try decoder.recipient() }
        guard !recipients.isEmpty else { throw Fault("no recipients") }
        return QueuedMessage(id: id, envelope: envelope, recipients: recipients, size: size, isHeld: isHeld)
    }

    mutating func envelope() throws(Fault) -> QueuedEnvelope {
        let path = try reversePath()
        let declaredSize = try optional { decoder throws(Fault) in try decoder.number(UInt64.self) }
        let body: EnvelopeSender.Body =
            switch try number(UInt8.self) {
            case 0: .sevenBit
            case 1: .eightBitMIME
            case 2: .binaryMIME
            case let other: throw Fault("BODY \(other)")
            }
        let smtpUTF8 = try flag()
        let isFull = try optional { decoder throws(Fault) in try decoder.flag() }
        let envelopeID = try optional { decoder throws(Fault) in try decoder.octets() }
        let sender = EnvelopeSender(
            path: path, declaredSize: declaredSize, body: body, smtpUTF8: smtpUTF8,
            ret: isFull.map { $0 ? .full : .headers }, envelopeID: envelopeID)
        let arrival = try number(Int64.self)
        let submitter = try optional { decoder throws(Fault) in try decoder.text() }
        let client = try optional { decoder throws(Fault) in try decoder.text() }
        let needs = try ContentNeeds(rawValue: number())
        return QueuedEnvelope(sender: sender, arrival: arrival, submitter: submitter, client: client, needs: needs)
    }

    mutating func recipient() throws(Fault) -> QueuedRecipient {
        let address = try address()
        let notify = try optional { decoder throws(Fault) in
            try EnvelopeRecipient.Notify(rawValue: decoder.number())
        }
        let originalRecipient = try optional { decoder throws(Fault) in try decoder.text() }
        let hasSourceRoute = try flag()
        let given = try optional { decoder throws(Fault) in try decoder.address() }
        let sender = try optional { decoder throws(Fault) in try decoder.reversePath() }
        let (way, mailbox) = try place()
        let isWayFixed = try flag()
        let state = try state()
        return QueuedRecipient(
            recipient: EnvelopeRecipient(
                address: address, notify: notify, originalRecipient: originalRecipient,
                hasSourceRoute: hasSourceRoute),
            given: given ?? address, sender: sender, way: way, isWayFixed: isWayFixed, mailbox: mailbox, state: state)
    }

    mutating func address() throws(Fault) -> EmailAddress {
        let localPart = try octets()
        guard let address = EmailAddress(localPart: localPart, domain: try domain()) else {
            throw Fault("a local part that can't be one")
        }
        return address
    }

    mutating func domain() throws(Fault) -> Domain {
        guard let domain = Domain(try octets()) else { throw Fault("a domain that can't be one") }
        return domain
    }

    mutating func reversePath() throws(Fault) -> ReversePath {
        let address = try optional { decoder throws(Fault) in try decoder.address() }
        return address.map { .address($0) } ?? .null
    }

    mutating func way() throws(Fault) -> QueuedWay { try place().way }

    /// A way, and the mailbox that is meant where one is named.
    private mutating func place() throws(Fault) -> (way: QueuedWay, mailbox: QueuedMailbox?) {
        let transport: RemoteDestination.Transport
        switch try number(UInt8.self) {
        case 0: return (.mailbox, nil)
        case 5:
            let name = try text()
            guard let format = MailboxLocation.Format(rawValue: name) else {
                throw Fault("a mailbox of format \(name)")
            }
            return (.mailbox, QueuedMailbox(format: format, path: try octets()))
        case 6: return (.unresolved, nil)
        case 1: transport = .smtp
        case 2: transport = .lmtp
        case 3: transport = RemoteDestination.Transport(.smtp, name: try text())
        case 4: transport = RemoteDestination.Transport(.lmtp, name: try text())
        case let other: throw Fault("way \(other)")
        }
        let nextHop = try optional { decoder throws(Fault) in try decoder.text() }
        return (.remote(transport, nextHop: nextHop, domain: try domain()), nil)
    }

    mutating func state() throws(Fault) -> QueuedState {
        switch try number(UInt8.self) {
        case 0:
            let count = try number(UInt32.self)
            let next = try number(Int64.self)
            let last = try optional { decoder throws(Fault) in try decoder.reply() }
            let lastHost = try optional { decoder throws(Fault) in try decoder.text() }
            return .waiting(
                QueuedAttempts(
                    count: count, next: next, last: last, lastHost: lastHost, isDelayReported: try flag()))
        case 1: return .delivered
        case 2: return .failed
        case 3: return .deleted
        case 4: return .expanded
        case 5:
            let kind: QueuedSuccess.Kind =
                switch try number(UInt8.self) {
                case 0: .delivered
                case 1: .relayed
                case 2: .expanded
                case let other: throw Fault("success \(other)")
                }
            let reply = try reply()
            return .untold(
                QueuedSuccess(kind, reply, host: try optional { decoder throws(Fault) in try decoder.text() }))
        case let other: throw Fault("state \(other)")
        }
    }

    mutating func reply() throws(Fault) -> SMTPReply {
        let code = try number(UInt16.self)
        let enhanced = try optional { decoder throws(Fault) in
            try EnhancedStatusCode(decoder.number(), decoder.number(), decoder.number())
        }
        return SMTPReply(code, enhanced, lines: try list { decoder throws(Fault) in try decoder.text() })
    }

    mutating func change() throws(Fault) -> QueueChange {
        switch try number(UInt8.self) {
        case 0: .state(try places(), try state())
        case 1: .way(try places(), try way(), isFixed: try flag())
        case 2: .envelope(try envelope())
        case 3: .held(try flag())
        case 4:
            .expand(
                Int(try number(UInt32.self)), try list { decoder throws(Fault) in try decoder.recipient() },
                try state())
        case let other: throw Fault("change \(other)")
        }
    }

    private mutating func places() throws(Fault) -> [Int] {
        try list { decoder throws(Fault) in Int(try decoder.number(UInt32.self)) }
    }
}
