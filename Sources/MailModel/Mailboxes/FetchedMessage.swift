package import NIOCore

/// What a FETCH needs of a message's file beyond the view.
package struct MessageItems: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let internalDate = MessageItems(rawValue: 1)
    /// RFC822.SIZE: with CRLF line ends.
    package static let size = MessageItems(rawValue: 2)
    /// The header, its empty line included.
    package static let header = MessageItems(rawValue: 4)
    /// The whole message, header included.
    package static let text = MessageItems(rawValue: 8)
}

package struct FetchedMessage: Sendable {
    package var uid: UInt32
    /// Seconds since 1970.
    package var internalDate: Int64?
    package var size: UInt64?
    /// With CRLF line ends whatever the file has: the header alone, or all when `text` was asked for.
    package var content: ByteBuffer?

    package init(uid: UInt32, internalDate: Int64? = nil, size: UInt64? = nil, content: ByteBuffer? = nil) {
        self.uid = uid
        self.internalDate = internalDate
        self.size = size
        self.content = content
    }
}
