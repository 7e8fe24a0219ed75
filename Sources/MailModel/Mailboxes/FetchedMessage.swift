package import NIOCore

/// What a FETCH needs of a message's file beyond the view.
package struct MessageItems: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let internalDate = MessageItems(rawValue: 1)
    /// RFC822.SIZE: with CRLF line ends.
    package static let size = MessageItems(rawValue: 2)
    /// The header, its empty line included.
    package static let header = MessageItems(rawValue: 4)
    /// The whole message, header included.
    package static let text = MessageItems(rawValue: 8)
    /// RFC 8514. Nil in the answer of a store that does not know it.
    package static let saveDate = MessageItems(rawValue: 16)

    // What follows is made of the text once and kept: `DigestedMailbox` serves it over any form of mailbox.

    /// The header without what no client asks for: see `SummaryHeader`.
    package static let summary = MessageItems(rawValue: 32)
    /// The message's `MIMEOutline`, whose header is the summary.
    package static let outline = MessageItems(rawValue: 64)
    /// EMAILID and THREADID (RFC 8474).
    package static let objectIDs = MessageItems(rawValue: 128)
    /// RFC 8970.
    package static let preview = MessageItems(rawValue: 256)
    /// The preview if it is known already.
    package static let knownPreview = MessageItems(rawValue: 512)

    /// What is made of a message's text.
    package static let digest: MessageItems = [.summary, .outline, .objectIDs, .preview, .knownPreview]
}

package struct FetchedMessage: Sendable {
    package var uid: UInt32
    /// Seconds since 1970.
    package var internalDate: Int64?
    package var size: UInt64?
    /// With CRLF line ends whatever the file has: all when `text` was asked for, else the header, else the outline's
    /// headers, else the summary.
    package var content: ByteBuffer?
    /// The message's parts, when the outline was asked for and the text was not: their headers stand in `content`.
    package var outline: MIMEStructure?
    /// Seconds since 1970 (RFC 8514).
    package var saveDate: Int64?
    package var emailID: [UInt8]?
    package var threadID: [UInt8]?
    /// In UTF-8, at most 256 characters.
    package var preview: [UInt8]?

    package init(uid: UInt32, internalDate: Int64? = nil, size: UInt64? = nil, content: ByteBuffer? = nil) {
        self.uid = uid
        self.internalDate = internalDate
        self.size = size
        self.content = content
    }
}
