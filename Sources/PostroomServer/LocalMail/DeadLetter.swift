import Glibc
import MailModel

/// `~/dead.letter`, where sendmail(1) has always left what it could not send: cron and web sites throw away what they hand
/// over, whatever the exit code says.
enum DeadLetter {
    /// Appends a message in the mbox form (`From ` lines quoted), durably. Blocks.
    ///
    /// - Returns: the path, or why there is none.
    static func save(_ message: [UInt8], home: String, sender: String) -> Result<String, LocalMailFault> {
        let path = "\(home)/dead.letter"
        // Never through a link, never into another user's file: a program may run in a folder that others write to.
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard file >= 0 else { return .failure(fault(path)) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else {
            return .failure(LocalMailFault(description: "\(path) is no file of this user"))
        }
        flock(file, LOCK_EX)
        var text = Array("From \(sender.filter { !$0.isWhitespace }) \(RFC5322Date.now.local())\n".utf8)
        var start = 0
        while start < message.count {
            let end = message[start...].firstIndex(of: 0x0A) ?? message.count
            var line = message[start..<end]
            if line.last == 0x0D { line.removeLast() }
            if line.drop(while: { $0 == UInt8(ascii: ">") }).starts(with: "From ".utf8) {
                text.append(UInt8(ascii: ">"))
            }
            text += line
            text.append(0x0A)
            start = end + 1
        }
        text.append(0x0A)
        var rest = text[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return .failure(fault(path)) }
            rest = rest.dropFirst(written)
        }
        guard fsync(file) == 0 else { return .failure(fault(path)) }
        return .success(path)
    }

    private static func fault(_ path: String) -> LocalMailFault {
        LocalMailFault(description: "\(path): \(String(cString: strerror(errno)))")
    }
}

/// What stood in the way of sendmail(1) itself.
package struct LocalMailFault: Error, Hashable, CustomStringConvertible {
    package let description: String
}
