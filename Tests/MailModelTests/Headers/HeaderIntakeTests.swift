import MailModel
import NIOCore
import PostroomTesting
import Testing

/// Where a header ends, however the message comes.
@Suite struct HeaderIntakeTests {
    /// The header, and what follows, when the message comes in pieces of `size`.
    private func split(_ message: String, size: Int, limit: Int = 1000) -> (header: String?, body: String) {
        let (header, body) = octets(message, size: size, limit: limit)
        return (header.map { String(decoding: $0, as: UTF8.self) }, String(decoding: body, as: UTF8.self))
    }

    private func octets(_ message: String, size: Int, limit: Int) -> (header: [UInt8]?, body: [UInt8]) {
        var intake = HeaderIntake(limit: limit)
        var header: [UInt8]?
        var body: [UInt8] = []
        let bytes = Array(message.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            let end = min(start + size, bytes.count)
            let step = intake.append(ByteBuffer(bytes: bytes[start..<end]), isLast: end == bytes.count)
            switch step {
            case .more: break
            case .header(let bytes, let rest):
                header = bytes
                body += rest.readableBytesView
            case .tooLong(let all): body += all.readableBytesView
            case .body(let rest): body += rest.readableBytesView
            }
        }
        return (header, body)
    }

    @Test(arguments: [
        ("A: b\r\nC: d\r\n e\r\n\r\nbody\r\n", "A: b\r\nC: d\r\n e\r\n", "\r\nbody\r\n"),
        // No empty line: the first line that is no field is body, and an empty line goes before it.
        ("A: b\r\nnot a field\r\nC: d\r\n", "A: b\r\n", "\r\nnot a field\r\nC: d\r\n"),
        ("A: b\r\n", "A: b\r\n", "\r\n"),
        ("\r\nbody\r\n", "", "\r\nbody\r\n"),
        ("just text\r\n", "", "\r\njust text\r\n"),
        // A continuation with nothing to continue.
        (" x\r\nA: b\r\n\r\n", "", "\r\n x\r\nA: b\r\n\r\n"),
        // A blank before the colon is an old form, a blank in a name is none.
        ("A : b\r\n\r\n", "A : b\r\n", "\r\n"),
        ("A b: c\r\n\r\n", "", "\r\nA b: c\r\n\r\n"),
        ("A: b\n\nbody\n", "A: b\n", "\nbody\n"),
    ])
    func `the header ends at the empty line, or before what is no field`(
        message: String, header: String, body: String
    ) {
        for size in [1, 2, 3, 7, 1000] {
            let result = split(message, size: size)
            #expect(result.header == header, "in pieces of \(size)")
            #expect(result.body == body, "in pieces of \(size)")
        }
    }

    @Test func `a header above the limit passes with its message as it came`() {
        let message = String(repeating: "A: b\r\n", count: 30) + "\r\nbody\r\n"
        for size in [1, 10, 50, 1000] {
            let result = split(message, size: size, limit: 100)
            #expect(result.header == nil)
            #expect(result.body == message)
        }
        let line = "A: " + String(repeating: "x", count: 500)
        #expect(split(line, size: 20, limit: 100).body == line)
    }

    @Test func `whatever comes, nothing of it is lost`() {
        var random = SeededGenerator(seed: 6409)
        let pieces = ["A: b\r\n", " more\r\n", "\r\n", "text", ":", "\n", "\r", "From: x@y\r\n", "\u{0}", "é"]
        for _ in 0..<2000 {
            let message = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            let result = octets(message, size: Int.random(in: 1...9, using: &random), limit: 40)
            let (header, body) = (result.header ?? [], result.body)
            #expect(Array(message.utf8).starts(with: header))
            let rest = Array(message.utf8.dropFirst(header.count))
            #expect(body == rest || body == [0x0D, 0x0A] + rest, "\(message.debugDescription)")
        }
    }
}
