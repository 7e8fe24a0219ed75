import NIOCore
import PostroomTesting
import Testing

@testable import POP3

@Suite struct `Any octets` {
    @Test func `are cut into the same lines however they arrive, and make a command or a refusal`() {
        var generator = SeededGenerator(seed: 110)
        let pieces = [
            "USER ", "PASS", " ", "\r\n", "\n", "\r", "RETR 1", "TOP 4294967296 9", "\0", "AUTH PLAIN =", "é", "LIST -",
        ]
        for _ in 0..<2000 {
            let count = Int.random(in: 0..<20, using: &generator)
            let input = Array((0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined().utf8)
            let whole = lines(input, step: max(input.count, 1))
            #expect(lines(input, step: 1) == whole)
            #expect(lines(input, step: 3) == whole)
            for case .line(let line) in whole { _ = POP3CommandParser.parse(line) }
        }
    }

    private func lines(_ input: [UInt8], step: Int) -> [LineFramer.Event] {
        var framer = LineFramer()
        var buffer = ByteBuffer()
        var result: [LineFramer.Event] = []
        var rest = input[...]
        while !rest.isEmpty {
            buffer.writeBytes(rest.prefix(step))
            rest = rest.dropFirst(step)
            while true {
                let event = framer.next(&buffer, limit: 20)
                if event == .needInput { break }
                result.append(event)
            }
        }
        return result
    }
}
