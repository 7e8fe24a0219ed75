import Logging
import PostroomServer
import Synchronization
import Testing

private final class Lines: LogSink {
    let writesTime: Bool
    private let lines = Mutex<[String]>([])

    init(writesTime: Bool = false) {
        self.writesTime = writesTime
    }

    func write(_ line: String) {
        lines.withLock { $0.append(line) }
    }

    var all: [String] { lines.withLock { $0 } }
}

private func logger(_ sink: Lines, _ format: LogLine.Format = .text) -> Logger {
    Logger(label: "smtp") { label in LogLine(label: label, level: .info, format: format, sink: sink) }
}

@Suite struct `The log` {
    @Test func `an event is one line, ids first, then the other fields by name`() {
        let sink = Lines()
        var log = logger(sink)
        log[metadataKey: "session"] = "4k2j9"
        log.info(
            "delivered", metadata: ["to": "anna@example.org", "message": "a1", "status": "sent (delivered to maildir)"])
        #expect(
            sink.all == [
                "<6>info smtp: delivered session=4k2j9 message=a1 status=\"sent (delivered to maildir)\" to=anna@example.org\n"
            ])
    }

    @Test func `nothing from outside can begin a line or a field`() {
        let sink = Lines()
        logger(sink).info("x", metadata: ["helo": "evil\r\n<6>info smtp: forged a=b", "q": "say \"hi\"\\", "e": ""])
        #expect(sink.all.count == 1)
        #expect(sink.all[0].dropLast().allSatisfy { $0 != "\n" && $0 != "\r" })
        #expect(sink.all[0].contains("helo=\"evil\\r\\n<6>info smtp: forged a=b\""))
        #expect(sink.all[0].contains("q=\"say \\\"hi\\\"\\\\\""))
        #expect(sink.all[0].contains("e=\"\""))
    }

    @Test(arguments: [LogLine.Format.text, .json])
    func `nothing from outside can move a terminal's cursor or turn its text round`(format: LogLine.Format) {
        let sink = Lines()
        logger(sink, format).info(
            "to=<\u{9B}2J>", metadata: ["login": "a\u{9B}31m\u{202E}b\u{2028}c", "who": "jürgen"])
        #expect(sink.all[0].contains("to=<\\u009b2J>"))
        #expect(sink.all[0].contains("a\\u009b31m\\u202eb\\u2028c"))
        #expect(sink.all[0].contains("jürgen"))
    }

    @Test func `JSON lines carry the same fields`() {
        let sink = Lines()
        logger(sink, .json).warning("slow", metadata: ["server": "ldap://a\u{1}"])
        #expect(sink.all[0].hasPrefix("{\"time\":\"2"))
        #expect(sink.all[0].hasSuffix("\"message\":\"slow\",\"server\":\"ldap://a\\u0001\"}\n"))
    }

    @Test func `without systemd a line begins with the time`() throws {
        let sink = Lines(writesTime: true)
        logger(sink).error("x")
        #expect(try #/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z error smtp: x\n$/#.firstMatch(in: sink.all[0]) != nil)
    }
}
