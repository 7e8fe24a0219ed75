import Crypto
import MailModel
import NIOCore

/// What is made of a message's text once and kept, so that its file need not be opened again.
struct MessageDigest: Sendable {
    /// The greatest summary header and the greatest outline that are kept.
    static let maximumSummary = 16 << 10
    static let maximumOutline = 64 << 10

    var internalDate: Int64?
    var saveDate: Int64?
    var size: UInt64?
    /// Nil when it was not made, or is too large to be kept.
    var summary: [UInt8]?
    /// Its headers without the summary they begin with: that is kept on its own.
    var outline: MIMEOutline?
    /// 32 hexadecimal digits each; of the text alone.
    var emailID: [UInt8]?
    var threadID: [UInt8]?
    var preview: [UInt8]?

    init() {}

    /// What is asked for, of a header alone or of a whole message. A preview and what a message is known by are seldom asked for
    /// and cost more than all else.
    init(_ message: FetchedMessage, isWhole: Bool, _ items: MessageItems) {
        internalDate = message.internalDate
        saveDate = message.saveDate
        size = message.size
        guard let content = message.content else { return }
        content.withUnsafeReadableBytes { raw in
            let bytes = raw.bindMemory(to: UInt8.self).span
            guard isWhole else {
                let summary = SummaryHeader.make(bytes, header: MIMEStructure.headerRange(bytes))
                if summary.count <= Self.maximumSummary { self.summary = summary }
                return
            }
            let structure = MIMEStructure.parse(bytes)
            let header = structure.parts.first?.header ?? MIMEStructure.headerRange(bytes)
            let summary = SummaryHeader.make(bytes, header: header)
            if summary.count <= Self.maximumSummary {
                self.summary = summary
                outline = MIMEOutline(bytes, structure, limit: Self.maximumOutline)
            }
            if items.contains(.preview) { preview = MessagePreview.make(bytes, structure) }
            guard items.contains(.objectIDs) else { return }
            emailID = Self.hexadecimal(SHA256.hash(data: raw))
            threadID = ThreadRoot.find(bytes, header: header).map { Self.hexadecimal(SHA256.hash(data: $0)) }
        }
    }

    /// With what was known before and was not made again.
    func completed(with old: MessageDigest?) -> MessageDigest {
        var result = self
        result.size = size ?? old?.size
        result.emailID = emailID ?? old?.emailID
        result.threadID = emailID == nil ? old?.threadID : threadID
        return result
    }

    private static func hexadecimal(_ digest: SHA256.Digest) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return digest.prefix(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
}

/// The message that a thread began with, as far as one message's header tells: what two messages of a thread agree on
/// without being compared.
enum ThreadRoot {
    /// The first of References, else of In-Reply-To, else the message's own identifier.
    static func find(_ bytes: Span<UInt8>, header: Range<Int>) -> [UInt8]? {
        var found: (references: [UInt8]?, inReplyTo: [UInt8]?, own: [UInt8]?)
        var scanner = HeaderFieldScanner(header)
        while let field = scanner.next(bytes) {
            if field.isNamed("References", in: bytes), found.references == nil {
                found.references = identifier(field.unfolded(in: bytes))
            } else if field.isNamed("In-Reply-To", in: bytes), found.inReplyTo == nil {
                found.inReplyTo = identifier(field.unfolded(in: bytes))
            } else if field.isNamed("Message-ID", in: bytes), found.own == nil {
                found.own = identifier(field.unfolded(in: bytes))
            }
        }
        return found.references ?? found.inReplyTo ?? found.own
    }

    /// msg-id = "<" id-left "@" id-right ">" ; the first one
    private static func identifier(_ value: [UInt8]) -> [UInt8]? {
        guard let start = value.firstIndex(of: UInt8(ascii: "<")),
            let end = value[start...].firstIndex(of: UInt8(ascii: ">")), end > start + 1
        else { return nil }
        return Array(value[(start + 1)..<end])
    }
}
