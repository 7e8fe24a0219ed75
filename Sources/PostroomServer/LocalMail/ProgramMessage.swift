import MailModel
package import NIOCore

/// A message as a program wrote it to sendmail(1), made fit for SMTP: whom it goes to is known, Bcc is gone, From is there.
package struct ProgramMessage: Sendable {
    package struct Fault: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// Line ends may be bare still: whoever sends it makes them CRLF.
    package private(set) var content: ByteBuffer
    /// Each address once, in the order of the command line, then of the header.
    package private(set) var recipients: [LocalAddress]

    /// - Parameters:
    ///   - author: for `From:` where there is none.
    package init(
        _ input: [UInt8], _ arguments: SendmailArguments, author: Author?
    ) throws(Fault) {
        var text = arguments.ignoresDots ? input[...] : Self.upToDot(input)
        text = Self.withoutFromLine(text)
        var known: Set<LocalAddress> = []
        recipients = arguments.recipients.filter { known.insert($0).inserted }
        var intake = HeaderIntake()
        let step = intake.append(ByteBuffer(bytes: text), isLast: true)
        guard case .header(let bytes, var body) = step else {
            guard !arguments.takesRecipientsFromHeader, case .tooLong(let all) = step else {
                throw Fault(description: "the header is longer than \(HeaderIntake.limit >> 10) KiB")
            }
            content = all
            return
        }
        var header = MessageHeader(bytes, fields: Self.addressFields)
        if arguments.takesRecipientsFromHeader {
            let found = try Self.takeRecipients(from: &header)
            recipients += found.filter { known.insert($0).inserted }
        }
        if let author, let field = author.field(for: header) { header.append(field) }
        content = ByteBuffer(bytes: header.bytes)
        content.writeBuffer(&body)
    }

    // MARK: Recipients

    private static func names(_ names: [String]) -> Set<[UInt8]> { Set(names.map { Array($0.utf8) }) }
    private static let resentRecipients = names(["resent-to", "resent-cc", "resent-bcc"])
    private static let firstRecipients = names(["to", "cc", "bcc"])
    private static let blind = names(["bcc", "resent-bcc"])
    private static let addressFields = resentRecipients.union(firstRecipients).union(names(["from", "resent-from"]))

    /// RFC 5322 §3.6.6: the fields of the last sending, where there was one, tell whom this one goes to.
    private static func takeRecipients(from header: inout MessageHeader) throws(Fault) -> [LocalAddress] {
        guard !header.hasTooManyFields else {
            throw Fault(description: "more than \(MessageHeader.fieldLimit) address fields in the header")
        }
        let resent = header.fields(named: resentRecipients)
        var result: [LocalAddress] = []
        for field in resent.isEmpty ? header.fields(named: firstRecipients) : resent {
            let scan = AddressSpecificationScan(header.original, in: field.value)
            guard !scan.isMalformed, let addresses = LocalAddress.list(header.original, at: scan.ranges) else {
                let name = String(decoding: header.original[field.name], as: UTF8.self)
                throw Fault(
                    description:
                        "\(name): can't be read as addresses, or has more than \(AddressSpecificationScan.limit)")
            }
            result += addresses
        }
        for field in header.fields(named: blind) { header.remove(field) }
        return result
    }

    // MARK: Text

    /// Up to a line of a dot alone.
    private static func upToDot(_ input: [UInt8]) -> ArraySlice<UInt8> {
        var start = 0
        while start < input.count {
            let end = input[start...].firstIndex(of: 0x0A) ?? input.count
            var line = input[start..<end]
            if line.last == 0x0D { line.removeLast() }
            if line.elementsEqual(".".utf8) { return input[..<start] }
            start = end + 1
        }
        return input[...]
    }

    /// Without the line that a mailbox file (mbox) begins a message with.
    private static func withoutFromLine(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard text.starts(with: "From ".utf8) || text.starts(with: ">From ".utf8),
            let end = text.firstIndex(of: 0x0A)
        else { return text }
        return text[(end + 1)...]
    }

    /// Who wrote it, for `From:`.
    package struct Author: Hashable, Sendable {
        package var name: String?
        package var address: LocalAddress

        package init(name: String?, address: LocalAddress) {
            self.name = name
            self.address = address
        }

        /// Nil where the header has its From, and its Resent-From if it was sent on.
        func field(for header: MessageHeader) -> ComposedHeaderField? {
            let names = Set(header.fields.map { header.name(of: $0) })
            let isResent = !names.isDisjoint(with: ProgramMessage.resentRecipients)
            let name = isResent ? "Resent-From" : "From"
            guard !names.contains(Array(name.lowercased().utf8)) else { return nil }
            let address = String(decoding: address.quoted, as: UTF8.self)
            let phrase = self.name.map(EncodedWord.phrase) ?? ""
            return ComposedHeaderField(
                named: name, [HeaderValue(replacingControls: phrase.isEmpty ? address : "\(phrase) <\(address)>")])
        }
    }
}
