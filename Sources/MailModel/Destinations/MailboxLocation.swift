/// Where an account's mail is kept, as the directory and the configuration say; paths are not yet checked
/// against the site's roots (the store does that, each time, below directory handles).
package struct MailboxLocation: Hashable, Sendable, CustomStringConvertible {
    package enum Format: String, Hashable, Sendable {
        case maildir
        case mbox
    }

    /// How folders lie on disk: `.Archive.2024` beside `cur` (Maildir++), or `Archive/2024` (Dovecot's `LAYOUT=fs`).
    package enum Layout: String, Hashable, Sendable {
        case maildirPlusPlus = "maildir++"
        case fileSystem = "fs"
    }

    package var format: Format
    /// Absolute, without a trailing `/`.
    package var path: [UInt8]
    package var layout: Layout
    /// Dovecot's `INBOX=`, `CONTROL=` and `INDEX=`; nil where they are not given.
    package var inbox: [UInt8]?
    package var control: [UInt8]?
    package var index: [UInt8]?
    /// Folders' names are UTF-8 on disk too (Dovecot's `UTF-8`; Courier since version 5), not modified UTF-7.
    package var usesUTF8: Bool

    package init(
        format: Format, path: [UInt8], layout: Layout = .maildirPlusPlus, inbox: [UInt8]? = nil,
        control: [UInt8]? = nil, index: [UInt8]? = nil, usesUTF8: Bool = false
    ) {
        self.format = format
        var path = path
        while path.count > 1, path.last == UInt8(ascii: "/") { path.removeLast() }
        self.path = path
        self.layout = layout
        self.inbox = inbox
        self.control = control
        self.index = index
        self.usesUTF8 = usesUTF8
    }

    /// `maildir:/home/mail/mail000/mailbox`
    package var description: String { "\(format.rawValue):\(String(decoding: path, as: UTF8.self))" }
}
