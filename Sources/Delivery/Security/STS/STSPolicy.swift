package import DNS

/// What a domain says of its mail exchangers: which they are, and that they have trusted certificates (RFC 8461 §3.2).
package struct STSPolicy: Hashable, Sendable {
    package enum Mode: String, Hashable, Sendable {
        /// Mail goes to hosts that meet the policy, or waits.
        case enforce
        /// As without a policy; what would fail is only told.
        case testing
        case none
    }

    package let mode: Mode
    /// Names of hosts, `*.` before a domain for one label; lower case.
    package let exchangers: [String]
    /// Seconds.
    package let maximumAge: Int64

    /// RFC 8461 §3.3 allows a bound, and names this one.
    package static let maximumLength = 64 * 1024
    /// A year and a bit (RFC 8461 §3.2).
    package static let maximumMaximumAge: Int64 = 31_557_600
    package static let maximumExchangers = 256

    /// Why a text is no policy.
    package struct Malformed: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// Reads `key: value` lines. Of a key other than `mx` the first counts, and keys that are not known are ignored.
    package init(parsing text: [UInt8]) throws(Malformed) {
        guard text.count <= Self.maximumLength else { throw Malformed(description: "more than 64 KiB") }
        var version: String?
        var mode: String?
        var age: String?
        var exchangers: [String] = []
        for line in text.split(separator: 0x0A) {
            let line = line.last == 0x0D ? line.dropLast() : line
            let trimmed = line.trimmingBlanks
            guard !trimmed.isEmpty else { continue }
            guard let colon = trimmed.firstIndex(of: UInt8(ascii: ":")) else {
                throw Malformed(description: "a line without a colon")
            }
            let key = String(decoding: trimmed[..<colon].trimmingBlanks, as: UTF8.self)
            let value = String(decoding: trimmed[trimmed.index(after: colon)...].trimmingBlanks, as: UTF8.self)
            switch key {
            case "version": version = version ?? value
            case "mode": mode = mode ?? value
            case "max_age": age = age ?? value
            case "mx":
                guard exchangers.count < Self.maximumExchangers else {
                    throw Malformed(description: "more than \(Self.maximumExchangers) mx lines")
                }
                exchangers.append(try Self.exchanger(value))
            default: break
            }
        }
        guard version == "STSv1" else { throw Malformed(description: "not of version STSv1") }
        guard let mode = mode.flatMap(Mode.init) else {
            throw Malformed(description: "no mode, or none of enforce, testing and none")
        }
        guard let age, (1...10).contains(age.utf8.count), age.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let seconds = Int64(age)
        else { throw Malformed(description: "no max_age, or not a number of seconds") }
        guard mode == .none || !exchangers.isEmpty else { throw Malformed(description: "no mx") }
        self.mode = mode
        self.exchangers = exchangers
        maximumAge = min(seconds, Self.maximumMaximumAge)
    }

    private static func exchanger(_ text: String) throws(Malformed) -> String {
        let isWildcard = text.hasPrefix("*.")
        guard let name = DNSName(isWildcard ? text.dropFirst(2) : text[...]) else {
            throw Malformed(description: "an mx that is no name")
        }
        return (isWildcard ? "*." : "") + name.description
    }

    /// Whether mail may go to a host (RFC 8461 §4.1).
    package func allows(_ host: DNSName) -> Bool {
        let name = host.description
        guard let dot = name.firstIndex(of: ".") else { return exchangers.contains(name) }
        let wildcard = "*" + name[dot...]
        return exchangers.contains { $0 == name || $0 == wildcard }
    }
}
