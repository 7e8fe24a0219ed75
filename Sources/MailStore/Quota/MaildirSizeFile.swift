import Blocking
import MailModel

/// `maildirsize`, where Maildir++ says what an account holds: the limits, then one line for each change.
///
///     maildirsize = [ limit *( "," limit ) ] LF *( bytes SP messages LF )
///     limit = number ( "S" / "C" )        ; bytes, messages
///
/// https://www.courier-mta.org/imap/README.maildirquota.html; lines are added with O_APPEND, whole files are renamed into place.
struct MaildirSizeFile: Hashable, Sendable {
    static let fileName = Array("maildirsize".utf8)
    /// A file of this size is written anew, as all who share it do.
    static let largest = 5120
    /// From this age on, what says that an account is full is looked into.
    static let staleSeconds: Int64 = 15 * 60

    var header: [UInt8]
    /// The sum of all lines. Negative where programs did not see all that the others did.
    var storage: Int64 = 0
    var messages: Int64 = 0
    var lines = 0

    /// Nil for what is no such file, or has become too large.
    init?(_ bytes: [UInt8]) {
        guard bytes.count < Self.largest, let end = bytes.firstIndex(of: 0x0A) else { return nil }
        header = Array(bytes[..<end])
        for line in bytes[(end + 1)...].split(separator: 0x0A) {
            let fields = line.split(separator: 0x20)
            guard fields.count == 2, let size = Self.number(fields[0]), let count = Self.number(fields[1]) else {
                return nil
            }
            let (newStorage, overflow) = storage.addingReportingOverflow(size)
            let (newMessages, carry) = messages.addingReportingOverflow(count)
            guard !overflow, !carry else { return nil }
            (storage, messages) = (newStorage, newMessages)
            lines += 1
        }
        // Cut off within a line: a full disk, or a line that is just being written.
        guard bytes.last == 0x0A, lines > 0 else { return nil }
    }

    /// Nil for sums below nothing, which tell nothing.
    var usage: QuotaUsage? {
        guard let storage = UInt64(exactly: storage), let messages = UInt64(exactly: messages) else { return nil }
        return QuotaUsage(storage: storage, messages: messages)
    }

    /// The limits that the first line names; 0 is none.
    var limits: (storage: UInt64?, messages: UInt64?) {
        var limits: (storage: UInt64?, messages: UInt64?) = (nil, nil)
        for part in header.split(separator: UInt8(ascii: ",")) {
            guard let number = Digits.parse(part.dropLast()), number > 0 else { continue }
            if part.last == UInt8(ascii: "S") { limits.storage = number }
            if part.last == UInt8(ascii: "C") { limits.messages = number }
        }
        return limits
    }

    static func header(_ quota: Quota) -> [UInt8] {
        let parts = [quota.storage.map { "\($0)S" }, quota.messages.map { "\($0)C" }].compactMap { $0 }
        return Array(parts.joined(separator: ",").utf8)
    }

    static func line(storage: Int64, messages: Int64) -> [UInt8] {
        Array("\(storage) \(messages)\n".utf8)
    }

    private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        let isNegative = field.first == UInt8(ascii: "-")
        guard let value = Digits.parse(isNegative ? field.dropFirst() : field).flatMap(Int64.init(exactly:)) else {
            return nil
        }
        return isNegative ? -value : value
    }
}
