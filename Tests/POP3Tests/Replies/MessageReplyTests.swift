import NIOCore
import PostroomTesting
import Testing

@testable import POP3

@Suite struct `A message on its way to a client` {
    private func reply(
        _ message: String, lines: Int? = nil, _ workarounds: MessageReply.Workarounds = [], limit: Int = .max >> 1
    ) -> String {
        var reply = MessageReply(ByteBuffer(string: message), lines: lines, workarounds)
        var output = ByteBuffer()
        while !reply.isComplete { reply.write(to: &output, limit: limit) }
        return String(buffer: output)
    }

    @Test func `is the same in pieces of any size, and what the client unstuffs is what was stored`() {
        var generator = SeededGenerator(seed: 1939)
        for _ in 0..<500 {
            let words = ["", ".", "..", "a", ".a", String(repeating: "x", count: 100), "\r", "\0"]
            let count = Int.random(in: 0..<12, using: &generator)
            let message = (0..<count).map { _ in (words.randomElement(using: &generator) ?? "") + "\r\n" }.joined()
            let whole = reply(message)
            for limit in [1, 2, 3, 7, 64] { #expect(reply(message, limit: limit) == whole) }
            for lines in [0, 1, 3] {
                #expect(reply(message, lines: lines, limit: 3) == reply(message, lines: lines))
            }
            #expect(unstuffed(whole) == Array(message.utf8))
        }
    }

    /// As RFC 1939 §3 tells a client to read it.
    private func unstuffed(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        for line in Array(text.utf8).split(separator: 0x0A, omittingEmptySubsequences: false) {
            if line == Array(".\r".utf8)[...] { break }
            result += line.first == UInt8(ascii: ".") ? line.dropFirst() : line
            result.append(0x0A)
        }
        return result
    }

    @Test func `ends with a line end of its own where the message has none`() {
        #expect(reply("a: b\r\n\r\nx") == "a: b\r\n\r\nx\r\n.\r\n")
        #expect(reply("") == ".\r\n")
    }

    @Test func `has what broken clients want`() {
        #expect(reply("a: b\r\n\r\nx\0y\r\n", .noNULs).utf8.count == reply("a: b\r\n\r\nxzy\r\n").utf8.count + 2)
        #expect(reply("a: b\r\n", .endsHeader) == "a: b\r\n\r\n.\r\n")
        #expect(reply("a: b\r\n\r\n", .endsHeader) == "a: b\r\n\r\n.\r\n")
    }
}
