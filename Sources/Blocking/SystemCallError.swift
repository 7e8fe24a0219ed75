import Glibc
package import MailModel

/// A system call that failed, with what it was asked to do.
package struct SystemCallError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call's name: `rename`.
    package var call: String
    /// What it was about, for the log.
    package var path: [UInt8]
    /// `errno`.
    package var number: Int32

    package init(_ call: String, _ path: [UInt8], _ number: Int32) {
        self.call = call
        self.path = path
        self.number = number
    }

    /// `rename /var/mail/anna/tmp/1: No space left on device (28)`
    package var description: String {
        var buffer = [UInt8](repeating: 0, count: 128)
        let text = buffer.withUnsafeMutableBytes { bytes -> String in
            let pointer = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            // XSI strerror_r: unlike strerror, safe from many threads.
            guard let pointer, strerror_r(number, pointer, bytes.count) == 0 else { return "error" }
            return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return "\(call) \(String(decoding: path, as: UTF8.self)): \(text) (\(number))"
    }

    package var isMissing: Bool { number == ENOENT }
    package var isExisting: Bool { number == EEXIST }
    package var isCrossDevice: Bool { number == EXDEV }
    /// The identity at work may not do this.
    package var isDenied: Bool { number == EACCES || number == EPERM }

    /// What a mail user's operation makes of it: a full disk and a full quota have their own replies, a refused
    /// permission is for the administrator to mend, everything else may pass.
    package var mailboxFailure: MailboxFailure {
        switch number {
        case ENOSPC: MailboxFailure(.noSpace, description)
        case EDQUOT: MailboxFailure(.overQuota, description)
        case EACCES, EPERM:
            MailboxFailure(.misconfigured, "\(description): the mailbox's owner must be able to do this")
        case ELOOP, ENOTDIR: MailboxFailure(.misconfigured, description)
        case EFBIG, ENAMETOOLONG: MailboxFailure(.limitExceeded, description)
        default: MailboxFailure(.unavailable, description)
        }
    }
}

/// Runs `body` with `path` ended by a NUL; a path that holds one itself can't be asked for.
func withPath(_ call: String, _ path: [UInt8], _ body: (UnsafePointer<UInt8>) -> Int32) throws(SystemCallError) -> Int32
{
    guard !path.contains(0) else { throw SystemCallError(call, path, EINVAL) }
    let result = (path + [0]).withUnsafeBufferPointer { buffer -> Int32 in
        guard let base = buffer.baseAddress else { return -EINVAL }
        while true {
            let result = body(base)
            if result != -EINTR { return result }
        }
    }
    guard result >= 0 else { throw SystemCallError(call, path, -result) }
    return result
}
