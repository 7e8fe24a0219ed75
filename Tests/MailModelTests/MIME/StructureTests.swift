import MailModel
import Testing

@Suite struct StructureTests {
    private func parse(_ text: String, _ limits: MIMELimits = .standard) -> MIMEStructure {
        MIMEStructure.parse(Array(text.utf8).span, limits: limits)
    }

    private static func nested(_ depth: Int) -> String {
        (0..<depth).map { "Content-Type: multipart/mixed; boundary=b\($0)x\r\n\r\n--b\($0)x\r\n" }.joined()
    }

    @Test func `beyond the nesting limit a part is opaque`() {
        let structure = parse(Self.nested(20), MIMELimits(nesting: 5))
        #expect(structure.parts.map(\.kind) == [.multipart, .multipart, .multipart, .multipart, .other])
    }

    @Test func `beyond the parts limit boundaries are content`() {
        let text =
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + String(repeating: "--b\r\n\r\nx\r\n", count: 50)
        let structure = parse(text, MIMELimits(parts: 10))
        #expect(structure.parts.count == 10)
        #expect(structure.parts.last?.body.upperBound == text.utf8.count)
    }

    @Test func `a long field is read up to its limit`() {
        let bytes = Array("Subject: \(String(repeating: "x", count: 100))\r\n\r\n".utf8)
        let envelope = MessageEnvelope.parse(bytes.span, header: 0..<bytes.count, limits: MIMELimits(fieldLength: 20))
        #expect(envelope.subject?.count == 19)
    }

    @Test func `a parameter bomb is cut`() {
        let bytes = Array("Content-Type: a/b\(String(repeating: "; c=d", count: 1000))\r\n\r\n".utf8)
        let fields = MIMEContentFields.parse(bytes.span, header: 0..<bytes.count)
        #expect(fields.parameters.count == 64)
    }

    /// What makes parsers quadratic; the work may grow with the input, not faster.
    @Test(arguments: [
        "--b0x", "--b\r\n", "\r\n", "--", "a: b\r\n c\r\n", "Content-Type: message/rfc822\r\n\r\n", "--b19xx\r\n",
        ": \r\n",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
    ])
    func `work is linear`(_ piece: String) {
        func work(_ count: Int) -> Int {
            parse(Self.nested(20) + "\r\n" + String(repeating: piece, count: count)).work
        }
        let small = work(500)
        let large = work(2000)
        #expect(Double(large) <= Double(max(small, 100)) * 4.4, "\(small) became \(large)")
    }
}
