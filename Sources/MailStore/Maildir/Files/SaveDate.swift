import Blocking
import MailModel

/// When a message came into its folder (RFC 8514): every program names a file for the second in which it saved it, a copy
/// or a moved one too.
enum SaveDate {
    /// Before this nobody used Maildir: other names that begin with digits.
    private static let earliest: UInt64 = 788_918_400

    /// Seconds since 1970; nil for a name that does not tell.
    static func of(_ file: MessageFile) -> Int64? {
        let digits = file.name.prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard file.name.dropFirst(digits.count).first == UInt8(ascii: "."), let seconds = Digits.parse(digits),
            seconds >= earliest, seconds <= UInt64(clamping: FileStatus.Time.now.seconds) + 86_400
        else { return nil }
        return Int64(clamping: seconds)
    }
}
