package import Directory

/// A server that smtpd(8) asks what to do (`check_policy_service`, SMTPD_POLICY_README): Postfix's own protocol, spoken by
/// greylisting, rate and reputation servers.
package protocol PolicyService: Sendable {
    /// As the configuration names it: `inet:127.0.0.1:10023`, `unix:/path`.
    var name: String { get }

    /// The action, in the words of access(5). `unavailable` when the server can't be reached, takes too long or answers
    /// with anything else; never `absent`.
    func ask(_ request: PolicyServiceRequest) async -> Outcome<[UInt8]>
}

/// One question, as the attributes of Postfix's protocol.
package struct PolicyServiceRequest: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        case mail = "MAIL"
        case recipient = "RCPT"
        case data = "DATA"
        case endOfMessage = "END-OF-MESSAGE"
    }

    /// Names and values in the order in which they are sent.
    package var attributes: [(name: String, value: String)]

    package init(attributes: [(name: String, value: String)]) {
        self.attributes = attributes
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.attributes.elementsEqual(right.attributes) { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) {
        for (name, value) in attributes {
            hasher.combine(name)
            hasher.combine(value)
        }
    }

    /// `name=value` lines and an empty one. A value can't end its line: controls become `?`, as Postfix makes them.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in attributes {
            bytes += name.utf8
            bytes.append(UInt8(ascii: "="))
            bytes += value.utf8.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }
            bytes.append(0x0A)
        }
        return bytes + [0x0A]
    }
}

/// A reply on its way in: `action=…`, an empty line.
package struct PolicyServiceReply: Sendable {
    package enum Progress: Hashable, Sendable {
        case needMoreData
        case action([UInt8])
        case invalid(String)
    }

    /// A reply of more octets is none.
    package static let maximumSize = 16 << 10

    private var line: [UInt8] = []
    private var action: [UInt8]?
    private var size = 0

    package init() {}

    /// Octets behind the empty line are nobody's: the server speaks out of turn.
    package mutating func receive(_ bytes: some Sequence<UInt8>) -> Progress {
        var result: Progress?
        for byte in bytes {
            guard result == nil else { return .invalid("more than one reply to one request") }
            size += 1
            guard size <= Self.maximumSize else { return .invalid("a reply of more than \(Self.maximumSize) octets") }
            guard byte == 0x0A else {
                line.append(byte)
                continue
            }
            if line.last == 0x0D { line.removeLast() }
            if line.isEmpty {
                result = action.map { .action($0) } ?? .invalid("a reply without an action")
                continue
            }
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { return .invalid("a line without =") }
            if line[..<equals].elementsEqual("action".utf8), action == nil {
                let value = line[(equals + 1)...]
                guard !value.isEmpty else { return .invalid("an empty action") }
                action = Array(value)
            }
            line = []
        }
        return result ?? .needMoreData
    }
}
