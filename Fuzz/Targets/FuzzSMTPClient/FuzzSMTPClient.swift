import FuzzSupport
import MailModel
import NIOCore
import SMTP

/// What a server says to our client: however it is cut, the outcome is the same, every recipient has one, and nothing that
/// the client sends holds a bare line end. What is not a reply is an address: nothing in it ends a command.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    // Line by line, as a server answers; a line may come in pieces.
    let lines = input.bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) + [0x0A] }
    for variant in 0..<4 {
        let whole = Session(variant).run(lines.map { [$0[...]] })
        let cut = Session(variant).run(lines.map { line in line.indices.map { line[$0...$0] } })
        require(whole.outcomes == cut.outcomes, "cut into pieces the outcome is another one: \(whole) \(cut)")
        require(whole.failure == cut.failure, "cut into pieces the failure is another one: \(whole) \(cut)")
        var previous: UInt8 = 0
        for byte in whole.sent {
            require((byte == 0x0A) == (previous == 0x0D), "a bare line end is sent")
            previous = byte
        }
    }
    var survey = SevenBitSurvey()
    survey.read(ByteBuffer(bytes: input.bytes))
    if let plan = try? survey.finish() {
        var conversion = SevenBitConversion(plan)
        var output = ByteBuffer()
        for piece in input.pieces { conversion.convert(ByteBuffer(bytes: piece), into: &output) }
        conversion.finish(into: &output)
    }
    return 0
}

private struct Session {
    struct End {
        var outcomes: [RecipientOutcome]
        var failure: OutgoingFailure?
        var sent: [UInt8]
    }

    private var engine: SMTPClientEngine
    private let transaction: OutgoingTransaction

    init(_ variant: Int) {
        guard let name = Domain("client.example"), let first = EmailAddress("b@example.org"),
            let second = EmailAddress("\u{FC}@example.org")
        else { fatalError("these are addresses") }
        var options = OutgoingOptions(heloName: name, transport: variant & 1 == 0 ? .smtp : .lmtp)
        options.chunking = variant & 2 == 0 ? .whenNeeded : .whenOffered
        options.sendsCredentialsUnprotected = true
        if variant & 2 != 0 {
            options.credentials = SMTPCredentials(
                login: Array("user".utf8), authorizationIdentity: nil, password: Secret("secret"))
        }
        engine = SMTPClientEngine(options, peer: "peer")
        transaction = OutgoingTransaction(
            sender: EnvelopeSender(path: .null),
            recipients: [first, second].map { EnvelopeRecipient(address: $0, notify: .success) }, size: 8,
            content: OutgoingContent(ByteBuffer(string: "a\n.\r\u{FC}\n")))
    }

    /// - Parameter lines: each in its pieces.
    func run(_ lines: [[ArraySlice<UInt8>]]) -> End {
        var session = self
        return session.dialogue(lines)
    }

    private mutating func dialogue(_ lines: [[ArraySlice<UInt8>]]) -> End {
        var output = ByteBuffer()
        engine.start(&output)
        for line in lines {
            for piece in line { engine.receive(ByteBuffer(bytes: piece), &output) }
            if engine.need == .ready, engine.result == nil { engine.begin(transaction, &output) }
            if engine.need == .content {
                engine.content(ByteBuffer(string: "a\n.\r\u{FC}\n"), &output)
                engine.endContent(&output)
            }
        }
        engine.lost(.closed("the end"))
        let outcomes = engine.result?.recipients ?? []
        require(engine.need == .closed, "a lost session is not over")
        require(engine.result == nil || outcomes.count == 2, "a recipient has no outcome")
        return End(outcomes: outcomes, failure: engine.failure, sent: Array(output.readableBytesView))
    }
}
