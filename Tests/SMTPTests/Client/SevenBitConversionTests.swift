import Foundation
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import SMTP

/// What becomes of eight-bit messages for servers without 8BITMIME.
struct SevenBitConversionTests {
    static func converted(_ message: [UInt8], pieces: Int = .max) throws -> [UInt8] {
        var survey = SevenBitSurvey()
        for piece in cut(message, pieces) { survey.read(piece) }
        var conversion = SevenBitConversion(try survey.finish())
        var output = ByteBuffer()
        for piece in cut(message, pieces) { conversion.convert(piece, into: &output) }
        conversion.finish(into: &output)
        return Array(output.readableBytesView)
    }

    private static func cut(_ message: [UInt8], _ size: Int) -> [ByteBuffer] {
        var rest = message[...]
        var pieces: [ByteBuffer] = []
        while !rest.isEmpty {
            pieces.append(ByteBuffer(bytes: rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return pieces
    }

    private static func converted(_ lines: String...) throws -> String {
        String(decoding: try converted(Array(lines.joined(separator: "\r\n").utf8)), as: UTF8.self)
    }

    @Test func `a message without MIME fields gets them`() throws {
        #expect(
            try Self.converted("Subject: x", "", "Käse = gut ", "")
                == "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=unknown-8bit\r\n"
                + "Content-Transfer-Encoding: quoted-printable\r\n\r\nK=C3=A4se =3D gut=20\r\n")
    }

    @Test func `only the parts that need it are touched, and no encoding is left that is not true`() throws {
        let message = """
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=b
            Content-Transfer-Encoding: 8bit

            preamble ü
            --b
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit

            plain
            --b
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit

            ü
            --b
            Content-Type: application/octet-stream

            ü
            --b
            content-transfer-encoding:  7BIT

            seven
            --b--
            """.replacing("\n", with: "\r\n")
        let expected = """
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=b
            Content-Transfer-Encoding: 7bit

            preamble ??
            --b
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 7bit

            plain
            --b
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            =C3=BC
            --b
            Content-Type: application/octet-stream
            Content-Transfer-Encoding: base64

            w7w=
            --b
            content-transfer-encoding:  7BIT

            seven
            --b--
            """.replacing("\n", with: "\r\n")
        #expect(String(decoding: try Self.converted(Array(message.utf8)), as: UTF8.self) == expected)
    }

    @Test func `an embedded message is converted within`() throws {
        let result = try Self.converted(
            "Content-Type: message/rfc822", "Content-Transfer-Encoding: 8bit", "", "Subject: inner", "", "ü", "")
        #expect(
            result
                == "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\nSubject: inner\r\n"
                + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=unknown-8bit\r\n"
                + "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC\r\n")
    }

    @Test func `what nobody can decode is refused`() throws {
        #expect(throws: SevenBitFailure.unknownEncoding("x-uuencode")) {
            try Self.converted("Content-Transfer-Encoding: x-uuencode", "", "ü", "")
        }
    }

    @Test func `structures beyond all measure are refused, not followed`() throws {
        let deep = (0..<120).map { "Content-Type: multipart/mixed; boundary=b\($0)\r\n\r\n--b\($0)\r\n" }.joined()
        #expect(throws: SevenBitFailure.tooComplex) { try Self.converted(Array((deep + "\r\nü").utf8)) }
        let wide = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + String(repeating: "--b\r\n\r\n", count: 11_000)
        #expect(throws: SevenBitFailure.tooComplex) { try Self.converted(Array((wide + "ü").utf8)) }
        let long = "X: " + String(repeating: "x", count: 300_000) + "\r\n\r\nü"
        #expect(throws: SevenBitFailure.tooComplex) { try Self.converted(Array(long.utf8)) }
    }

    /// Python's email package takes both messages apart; their parts must be the same, type by type, octet by octet.
    @Test func `random messages keep their parts`() async throws {
        let folder = try TemporaryFolder("conversion")
        var generator = SeededGenerator(seed: 20_261_121)
        for index in 0..<200 {
            var random = RandomMessage(generator: generator)
            let message = random.message()
            generator = random.generator
            let result = try Self.converted(message)
            for pieces in [7] { #expect(try Self.converted(message, pieces: pieces) == result) }
            // Headers stay as they are, and Python is to find the bodies seven-bit.
            try Data(message).write(to: URL(fileURLWithPath: folder.path("\(index).in")))
            try Data(result).write(to: URL(fileURLWithPath: folder.path("\(index).out")))
        }
        try folder.write(Self.comparison, to: "compare.py")
        let output = try await ChildProcess.run(
            ["/usr/bin/env", "python3", folder.path("compare.py"), folder.path], in: folder)
        #expect(output.hasPrefix("compared 200 messages"), "\(output)")
    }

    private static let comparison = """
        import email, email.policy, glob, sys
        policy = email.policy.compat32
        def parts(octets):
            found = []
            for part in email.message_from_bytes(octets, policy=policy).walk():
                encoding = str(part.get('content-transfer-encoding', '7bit')).strip().lower()
                payload = None if part.is_multipart() else part.get_payload(decode=True)
                # Text is lines: what ends them is not its content.
                if payload is not None and part.get_content_maintype() == 'text':
                    payload = payload.replace(b'\\r\\n', b'\\n')
                found.append((part.get_content_type(), payload))
            return found
        names = sorted(glob.glob(sys.argv[1] + '/*.in'))
        eight = 0
        for name in names:
            before = open(name, 'rb').read()
            after = open(name[:-3] + '.out', 'rb').read()
            assert max(after, default=0) < 128, name + ' is not seven-bit'
            assert all(len(line) <= 998 for line in after.split(b'\\r\\n')), name + ' has long lines'
            eight += max(before, default=0) >= 128
            if parts(before) != parts(after):
                for one, other in zip(parts(before), parts(after)):
                    if one != other: sys.exit('%s:\\n%r\\n%r' % (name, one, other))
                sys.exit('%s: another number of parts' % name)
        print('compared %d messages' % len(names), eight)
        assert eight > 100
        """
}

/// Valid MIME with everything in it that a conversion has to tell apart.
private struct RandomMessage {
    var generator: SeededGenerator
    private var boundaries = 0

    init(generator: SeededGenerator) {
        self.generator = generator
    }

    mutating func message() -> [UInt8] {
        Array("Subject: x\r\n".utf8) + (pick(8) == 0 ? [] : Array("MIME-Version: 1.0\r\n".utf8)) + entity(depth: 0)
    }

    private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

    private mutating func entity(depth: Int) -> [UInt8] {
        switch pick(depth > 3 ? 6 : 10) {
        case 0: return Array("\r\n".utf8) + text()
        case 1, 2: return field("text/plain; charset=utf-8", ["8bit", "8Bit", "binary"]) + text()
        case 3: return field("text/html", ["7bit", nil]) + text()
        case 4: return field("application/octet-stream", ["8bit", nil]) + text()
        case 5: return field("image/png", ["base64"]) + Array("w7zDvA==\r\n".utf8)
        case 6: return field("message/rfc822", ["8bit", nil]) + Array("From: a@b\r\n".utf8) + entity(depth: depth + 1)
        default: return multipart(depth: depth)
        }
    }

    private mutating func multipart(depth: Int) -> [UInt8] {
        boundaries += 1
        // One is the beginning of the other.
        let boundary = "b" + String(repeating: "=", count: boundaries)
        var octets = field("multipart/mixed;\r\n boundary=\"\(boundary)\"", ["8bit", "7bit", nil])
        for _ in 0...pick(3) {
            octets += Array("--\(boundary)\r\n".utf8) + entity(depth: depth + 1) + Array("\r\n".utf8)
        }
        return octets + Array("--\(boundary)--\r\n".utf8)
    }

    private mutating func field(_ type: String, _ encodings: [String?]) -> [UInt8] {
        let encoding = encodings[pick(encodings.count)].map { "Content-Transfer-Encoding: \($0)\r\n" } ?? ""
        return Array(
            (pick(2) == 0 ? "Content-Type: \(type)\r\n\(encoding)" : "\(encoding)Content-Type: \(type)\r\n").utf8)
            + Array("\r\n".utf8)
    }

    private mutating func text() -> [UInt8] {
        var octets: [UInt8] = []
        for _ in 0..<pick(5) {
            for _ in 0..<[0, 1, 30, 76, 77, 1200][pick(6)] {
                octets.append(Array("a b=\t.\u{FC}~-".utf8)[pick(10)])
            }
            octets += Array("ü \r\n".utf8)
        }
        return octets + Array("end".utf8)
    }
}
