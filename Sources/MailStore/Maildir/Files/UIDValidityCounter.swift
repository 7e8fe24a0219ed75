import Blocking
import MailModel

/// The highest UIDVALIDITY given in an account, kept as Dovecot does: in the name of an empty file beside the folders,
/// `dovecot-uidvalidity.655b2c4f`. A folder that is deleted and made again never gets the value it had.
enum UIDValidityCounter {
    private static let name = "dovecot-uidvalidity"

    /// Above `least`, above every value given before, and not below the clock. Needs no lock: a rename takes the step.
    static func next(in root: DirectoryHandle, above least: UInt32) throws(SystemCallError) -> UInt32 {
        let now = UInt32(clamping: FileStatus.Time.now.seconds)
        for _ in 0..<8 {
            let current = try root.entries().compactMap { value(of: $0.name) }.max()
            let next = max(now, least &+ 1, (current ?? 0) &+ 1)
            do throws(SystemCallError) {
                if let current {
                    try root.rename(fileName(current), to: root, fileName(next))
                } else {
                    _ = try root.makeFile(fileName(next), mode: 0o444)
                }
                return next
            } catch  where error.isMissing || error.isExisting {
                // Another process took the step.
            }
        }
        return max(now, least &+ 1)
    }

    private static func fileName(_ value: UInt32) -> [UInt8] {
        let digits = String(value, radix: 16)
        return Array("\(name).\(String(repeating: "0", count: 8 - digits.count))\(digits)".utf8)
    }

    private static func value(of fileName: [UInt8]) -> UInt32? {
        let prefix = Array("\(name).".utf8)
        guard fileName.count == prefix.count + 8, fileName.starts(with: prefix) else { return nil }
        return UInt32(String(decoding: fileName.dropFirst(prefix.count), as: UTF8.self), radix: 16)
    }
}
