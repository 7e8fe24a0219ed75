import FuzzSupport
import MailModel
import NIOCore
import Net
import POP3

/// POP3: whatever way the bytes are cut, the same lines come out; every session answers or waits, and a stored format of
/// unique ids is followed or refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    let whole = answers([input.bytes[...]])
    require(whole == answers(input.pieces), "cut into pieces the answers are others")
    let values = UIDLFormat.Values(uid: 7, uidValidity: 9, fileName: Array("name".utf8), guid: Array("guid".utf8))
    if let format = try? UIDLFormat(String(decoding: input.bytes, as: UTF8.self)) {
        require(format.expanded(values)?.isEmpty == false, "a format names nothing")
    }
    var reply = MessageReply(ByteBuffer(bytes: input.bytes), lines: count % 5)
    var output = ByteBuffer()
    while !reply.isComplete { reply.write(to: &output, limit: 16) }
    return 0
}

/// A session whose user gets in with any password, to a maildrop of three messages.
private func answers(_ pieces: [ArraySlice<UInt8>]) -> [UInt8] {
    var options = POP3ServerOptions(offersStartTLS: true)
    options.maximumErrors = 1000
    let facts = ConnectionFacts(sessionID: "f", tls: TLSFacts(version: "TLSv1.3"))
    var engine = POP3ServerEngine(options, facts, timestamp: "<1.2@host>")
    var input = ByteBuffer()
    var output = ByteBuffer()
    _ = engine.start(&output)
    for piece in pieces {
        input.writeBytes(piece)
        var step = engine.receive(&input, &output)
        while case .wait(let wait) = step {
            step = engine.resume(with: answer(to: wait), &output)
            if case .needInput = step { step = engine.receive(&input, &output) }
        }
        guard case .needInput = step else { break }
        require(input.readableBytes <= options.limits.authenticationLine + 2, "unread input is gathered")
    }
    return Array(output.readableBytesView)
}

private func answer(to wait: POP3Wait) -> POP3Answer {
    switch wait {
    case .logIn, .apop: .loggedIn(.accepted(FuzzedMaildrop()))
    case .content: .content(ByteBuffer(string: "Subject: x\r\n\r\n.\r\n"))
    case .update, .drain: .done
    }
}

private struct FuzzedMaildrop: POP3Maildrop {
    var messages: [POP3Message] {
        (1...3).map { POP3Message(uid: $0, size: 17, uniqueID: [UInt8(ascii: "a")]) }
    }

    func content(of message: POP3Message, headerOnly: Bool) async throws(MailboxFailure) -> ByteBuffer? { nil }
    func update(deleted: [POP3Message], retrieved: [POP3Message]) async throws(MailboxFailure) {}
    func close() async {}
}
