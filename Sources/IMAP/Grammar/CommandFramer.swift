package import NIOCore

/// Cuts a client's bytes into commands: lines, and the literals that lines announce (RFC 3501 §4.3, RFC 7888).
///
/// A command comes out as one run of bytes, its literals in their places behind their `{n}` CRLF, without its last
/// line end. Whether a literal is gathered is asked first.
package struct CommandFramer: Sendable {
    package enum Item: Equatable, Sendable {
        case needInput
        /// A whole command.
        case command([UInt8])
        /// The line gathered so far ends in a literal's announcement: call `gather`, `abandon`, or take the literal's
        /// bytes out of the input and go on.
        case literal(LiteralAnnouncement)
        /// The command is longer than the limit; its line is dropped. The beginning, for its tag.
        case tooLong([UInt8])
    }

    private enum State: Hashable, Sendable {
        case line
        case announced
        /// Octets of a literal that are yet to come.
        case literal(Int)
        /// Drops everything up to the next line end.
        case skipping
    }

    private var gathered: [UInt8] = []
    /// Where in `gathered` the present line begins.
    private var lineStart = 0
    private var lineOctets = 0
    private var literalOctets = 0
    private var state = State.line

    package init() {}

    /// What has been gathered of the command up to a literal's announcement, that included.
    package var announcedText: [UInt8] { gathered }

    /// True between commands.
    package var isEmpty: Bool { gathered.isEmpty && state == .line }

    package mutating func next(_ input: inout ByteBuffer, limits: IMAPLimits) -> Item {
        while true {
            switch state {
            case .announced: return .needInput
            case .literal(let missing):
                guard missing == 0 || input.readableBytes > 0 else { return .needInput }
                let taken = min(missing, input.readableBytes)
                if let slice = input.readSlice(length: taken) { gathered.append(contentsOf: slice.readableBytesView) }
                if taken == missing {
                    state = .line
                    lineStart = gathered.count
                } else {
                    state = .literal(missing - taken)
                }
            case .skipping:
                guard let length = Self.lineLength(input) else {
                    input.clear()
                    return .needInput
                }
                input.moveReaderIndex(forwardBy: length)
                state = .line
            case .line:
                let length = Self.lineLength(input)
                let taken = length ?? input.readableBytes
                guard taken > 0 else { return .needInput }
                if lineOctets + taken > limits.line {
                    let beginning = gathered.isEmpty ? Self.beginning(of: input) : Array(gathered.prefix(256))
                    abandon()
                    state = .skipping
                    return .tooLong(beginning)
                }
                lineOctets += taken
                if let slice = input.readSlice(length: taken) { gathered.append(contentsOf: slice.readableBytesView) }
                guard length != nil else { return .needInput }
                if let announcement = LiteralAnnouncement(endOfLine: gathered[lineStart...]) {
                    state = .announced
                    return .literal(announcement)
                }
                return .command(take())
            }
        }
    }

    /// The announced literal is to be part of the command; false when it would make the command too big.
    package mutating func gather(_ announcement: LiteralAnnouncement, limits: IMAPLimits) -> Bool {
        let (sum, overflow) = literalOctets.addingReportingOverflow(announcement.size)
        guard !overflow, sum <= limits.literals else { return false }
        literalOctets = sum
        state = .literal(announcement.size)
        return true
    }

    /// Forgets the command: the announced literal will not come, or was taken by someone else.
    package mutating func abandon() {
        gathered = []
        lineStart = 0
        lineOctets = 0
        literalOctets = 0
        state = .line
    }

    private mutating func take() -> [UInt8] {
        var command = gathered
        abandon()
        if command.last == 0x0A { command.removeLast() }
        if command.last == 0x0D { command.removeLast() }
        return command
    }

    private static func lineLength(_ input: ByteBuffer) -> Int? {
        let view = input.readableBytesView
        guard let lineFeed = view.firstIndex(of: 0x0A) else { return nil }
        return lineFeed - view.startIndex + 1
    }

    private static func beginning(of input: ByteBuffer) -> [UInt8] {
        Array(input.readableBytesView.prefix(256))
    }
}

/// literal = "{" number ["+"] "}" CRLF *CHAR8 ; literal8 = "~" literal, with any octets (RFC 3516 §7)
package struct LiteralAnnouncement: Hashable, Sendable {
    package var size: Int
    /// The client waits for a continuation before it sends the octets.
    package var isSynchronizing: Bool
    /// A literal8.
    package var isBinary: Bool

    package init(size: Int, isSynchronizing: Bool, isBinary: Bool = false) {
        self.size = size
        self.isSynchronizing = isSynchronizing
        self.isBinary = isBinary
    }

    /// Nil when the line does not end in one. A number of more than 63 bits counts as the greatest there is.
    package init?(endOfLine line: ArraySlice<UInt8>) {
        var rest = line
        if rest.last == 0x0A { rest.removeLast() }
        if rest.last == 0x0D { rest.removeLast() }
        guard rest.last == UInt8(ascii: "}") else { return nil }
        rest.removeLast()
        isSynchronizing = rest.last != UInt8(ascii: "+")
        if !isSynchronizing { rest.removeLast() }
        guard let brace = rest.lastIndex(of: UInt8(ascii: "{")) else { return nil }
        let digits = rest[(brace + 1)...]
        guard !digits.isEmpty, digits.count <= 64 else { return nil }
        isBinary = brace > rest.startIndex && rest[brace - 1] == UInt8(ascii: "~")
        var size = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            let (product, overflow) = size.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(digit - 0x30))
            size = overflow || carry ? Int.max : sum
        }
        self.size = size
    }
}
