import Blocking
import Glibc
import MailModel

/// The message that tells an account of its quota.
struct QuotaWarningText {
    let warning: QuotaWarning
    let status: QuotaStatus
    /// Address or login.
    let account: String
    let sender: String

    /// With LF line ends. RFC 3834 §5: nobody answers it by itself.
    var message: [UInt8] {
        let subject = warning.isBelow ? "Your mailbox has room again" : "Your mailbox is \(share) full"
        let lines = [
            "From: \(Self.header(sender))", "To: \(Self.header(account))", "Subject: \(subject)", "Date: \(Self.date)",
            "Message-ID: <quota.\(String(decoding: UniqueName.next(), as: UTF8.self))>",
            "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit", "", warning.isBelow ? "Your mailbox can take mail again." : request,
            "", "It holds \(held).", "",
        ]
        return Array(lines.joined(separator: "\n").utf8)
    }

    private var request: String {
        isFull
            ? "Your mailbox is full. New mail is refused until you delete some messages, also from the trash."
            : "Your mailbox is nearly full. Delete messages that you do not need, also from the trash: "
                + "when it is full, new mail is refused."
    }

    private var isFull: Bool { permille >= 1000 }

    private var permille: UInt64 {
        let (used, limit) =
            switch warning.resource {
            case .storage: (status.usage.storage, status.storageLimit)
            case .messages: (status.usage.messages, status.messageLimit)
            }
        guard let limit, limit > 0 else { return 0 }
        return used >= limit ? 1000 : UInt64((Double(used) / Double(limit) * 1000).rounded(.down))
    }

    private var share: String {
        switch warning.threshold {
        case .percent: "\(permille / 10) %"
        case .amount: "nearly"
        }
    }

    private var held: String {
        let storage = status.storageLimit.map { " of \(Self.size($0))" } ?? ""
        let messages = status.messageLimit.map { " of \($0)" } ?? ""
        return "\(Self.size(status.usage.storage))\(storage), in \(status.usage.messages)\(messages) messages"
    }

    private static func size(_ bytes: UInt64) -> String {
        bytes < 10 << 20 ? "\(bytes >> 10) KiB" : "\(bytes >> 20) MiB"
    }

    /// One line of printable ASCII; anything else can't come into a header from here.
    private static func header(_ text: String) -> String {
        String(decoding: text.utf8.filter { $0 >= 0x20 && $0 < 0x7F }.prefix(320), as: UTF8.self)
    }

    private static var date: String { RFC5322Date(seconds: FileStatus.Time.now.seconds).local() }
}
