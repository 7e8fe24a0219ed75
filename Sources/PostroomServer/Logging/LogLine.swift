import Glibc
package import Logging
import Synchronization

/// One line per event on standard error: text for people (`time level message key=value …`) or JSON.
///
/// Values are escaped so that nothing from outside can begin a line or a field of its own. Under systemd the level goes
/// before the line as journald reads it (sd-daemon(3)) and the time is left to the journal.
package struct LogLine: LogHandler {
    package enum Format: Sendable {
        case text
        case json
    }

    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: Format
    private let sink: any LogSink

    package init(label: String, level: Logger.Level, format: Format, sink: any LogSink) {
        self.label = label
        self.logLevel = level
        self.format = format
        self.sink = sink
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadata
        if let more = metadataProvider?.get() { fields.merge(more) { _, new in new } }
        if let own = event.metadata { fields.merge(own) { _, new in new } }
        let pairs = fields.map { ($0.key, $0.value.description) }.sorted { one, other in
            let (first, second) = (Self.rank(one.0), Self.rank(other.0))
            return first == second ? one.0 < other.0 : first < second
        }
        switch format {
        case .text: sink.write(text(event.level, event.message.description, pairs))
        case .json: sink.write(json(event.level, event.message.description, pairs))
        }
    }

    /// The ids that join lines stand first, then the rest by name.
    private static func rank(_ key: String) -> Int {
        switch key {
        case "session": 0
        case "message": 1
        case "peer": 2
        default: 3
        }
    }

    private func text(_ level: Logger.Level, _ message: String, _ fields: [(String, String)]) -> String {
        var line = sink.writesTime ? "\(Self.timestamp()) " : "<\(Self.priority(level))>"
        line += "\(level.rawValue) \(label): \(Self.escaped(message))"
        for (key, value) in fields {
            line += " \(key)=" + (Self.needsQuotes(value) ? "\"\(Self.escaped(value))\"" : Self.escaped(value))
        }
        return line + "\n"
    }

    private func json(_ level: Logger.Level, _ message: String, _ fields: [(String, String)]) -> String {
        var pairs = [
            ("time", Self.timestamp()), ("level", level.rawValue), ("logger", label), ("message", message),
        ]
        pairs += fields
        return "{" + pairs.map { "\"\(Self.escaped($0.0))\":\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}\n"
    }

    private static func needsQuotes(_ value: String) -> Bool {
        value.isEmpty || value.utf8.contains { $0 <= 0x20 || $0 == 0x22 || $0 == 0x5C || $0 == 0x7F }
    }

    /// For both forms: quotes, backslashes and controls as JSON writes them; also the controls beyond ASCII (a terminal may
    /// take U+009B for the start of an escape sequence), line separators and what turns the direction of text.
    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 >= 0x7F }) else { return value }
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}"..."\u{202E}", "\u{2066}"..."\u{2069}":
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// `2026-11-21T09:46:03.123Z`
    private static func timestamp() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        func digits(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return
            "\(digits(Int(parts.tm_year) + 1900, 4))-\(digits(Int(parts.tm_mon) + 1, 2))-\(digits(Int(parts.tm_mday), 2))"
            + "T\(digits(Int(parts.tm_hour), 2)):\(digits(Int(parts.tm_min), 2)):\(digits(Int(parts.tm_sec), 2))"
            + ".\(digits(Int(now.tv_nsec) / 1_000_000, 3))Z"
    }

    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

/// Where finished log lines go.
package protocol LogSink: Sendable {
    var writesTime: Bool { get }
    func write(_ line: String)
}

/// Standard error, one `write` per line so that lines of several threads never mix.
package struct StandardErrorSink: LogSink {
    package let writesTime: Bool

    /// - Parameter environment: to see whether systemd reads our lines (`JOURNAL_STREAM`).
    package init(environment: [String: String]) {
        writesTime = environment["JOURNAL_STREAM"] == nil
    }

    package func write(_ line: String) {
        var line = line
        line.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(STDERR_FILENO, rest.baseAddressOfSlice, rest.count)
                if written < 0 {
                    if errno == EINTR { continue }
                    return
                }
                rest = rest.dropFirst(written)
            }
        }
    }
}

extension Slice where Base == UnsafeBufferPointer<UInt8> {
    fileprivate var baseAddressOfSlice: UnsafePointer<UInt8>? {
        base.baseAddress.map { $0 + startIndex }
    }
}
