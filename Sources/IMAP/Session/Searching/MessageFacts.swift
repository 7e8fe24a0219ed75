package import MailModel
import NIOCore

/// What a search asks of one message beyond its view. A store that has an index of header fields answers from it; else the
/// message's content does.
package protocol MessageFacts {
    /// Seconds since 1970.
    var internalDate: Int64? { get }
    /// RFC 8514; nil where the store keeps none.
    var saveDate: Int64? { get }
    /// RFC822.SIZE.
    var size: UInt64? { get }
    /// As EMAILID and THREADID write them (RFC 8474); nil where the store knows none.
    var emailID: [UInt8]? { get }
    var threadID: [UInt8]? { get }

    /// The unfolded values of all fields of this name, encoded words and all; nil when the facts don't reach so far.
    func fields(named name: String) -> [[UInt8]]?
    /// Whether any header field, its name included, has the pattern in it.
    func header(has pattern: TextPattern) -> Bool?
    /// Whether the text of the body has the pattern in it, or if asked a header of one of its parts.
    func body(has pattern: TextPattern, withPartHeaders: Bool) -> Bool?
}

/// What a search must know of messages: how much of a message must be read, or what an index must have to spare it.
package struct MessageNeeds: Hashable, Sendable {
    /// The header fields that are looked at, by their names in upper case, and nothing else of the header.
    package var fields: Set<String> = []
    package var wholeHeader = false
    package var body = false
    package var internalDate = false
    package var saveDate = false
    package var size = false
    package var objectIDs = false

    package init() {}

    package mutating func formUnion(_ other: MessageNeeds) {
        fields.formUnion(other.fields)
        wholeHeader = wholeHeader || other.wholeHeader
        body = body || other.body
        internalDate = internalDate || other.internalDate
        saveDate = saveDate || other.saveDate
        size = size || other.size
        objectIDs = objectIDs || other.objectIDs
    }

    /// What the store is asked for.
    package var items: MessageItems {
        var items: MessageItems = []
        if internalDate || saveDate { items.insert(.internalDate) }
        if saveDate { items.insert(.saveDate) }
        if objectIDs { items.insert(.objectIDs) }
        if size { items.insert(.size) }
        if body {
            items.insert(.text)
        } else if wholeHeader || !fields.allSatisfy({ SummaryHeader.holds($0.utf8) }) {
            items.insert(.header)
        } else if !fields.isEmpty {
            items.insert(.summary)
        }
        return items
    }
}

/// The facts that a message's content gives.
struct MessageInSearch: MessageFacts {
    private let message: FetchedMessage

    init(_ message: FetchedMessage) {
        self.message = message
    }

    var internalDate: Int64? { message.internalDate }
    var saveDate: Int64? { message.saveDate }
    var size: UInt64? { message.size }
    var emailID: [UInt8]? { message.emailID.flatMap(ObjectID.message).map { Array($0.utf8) } }
    var threadID: [UInt8]? { message.threadID.flatMap(ObjectID.thread).map { Array($0.utf8) } }

    func fields(named name: String) -> [[UInt8]]? {
        withBytes { bytes in
            var values: [[UInt8]] = []
            var scanner = HeaderFieldScanner(MIMEStructure.headerRange(bytes))
            while let field = scanner.next(bytes) {
                if field.isNamed(name, in: bytes) { values.append(field.unfolded(in: bytes)) }
            }
            return values
        }
    }

    func header(has pattern: TextPattern) -> Bool? {
        withBytes { MessageTextSearch().anyHeader(has: pattern, in: $0, header: MIMEStructure.headerRange($0)) }
    }

    func body(has pattern: TextPattern, withPartHeaders: Bool) -> Bool? {
        withBytes {
            MessageTextSearch().body(
                has: pattern, withPartHeaders: withPartHeaders, in: $0, MIMEStructure.parse($0))
        }
    }

    private func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        guard let content = message.content else { return body(Span()) }
        return content.withUnsafeReadableBytes { body($0.bindMemory(to: UInt8.self).span) }
    }
}
