import Blocking
import MailModel

/// `dovecot-keywords`: which letter of a file name means which keyword, `0 $Forwarded` for `a`.
struct KeywordFile: Hashable, Sendable {
    static let fileName = Array("dovecot-keywords".utf8)
    static let maximumCount = 26
    private static let lockName = Array("dovecot-keywords.lock".utf8)

    /// By letter; nil where a letter means nothing.
    var names = [String?](repeating: nil, count: maximumCount)

    init() {}

    /// Lines that make no sense are left out: a letter without a name is kept in file names, but not shown.
    init(parsing file: [UInt8]) {
        for line in file.split(separator: 0x0A) {
            guard let space = line.firstIndex(of: 0x20), let index = Digits.parse32(line[..<space]),
                index < Self.maximumCount
            else { continue }
            let name = line[(space + 1)...]
            guard !name.isEmpty, name.count <= 255 else { continue }
            names[Int(index)] = String(decoding: name, as: UTF8.self)
        }
    }

    var bytes: [UInt8] {
        names.enumerated().flatMap { index, name in name.map { Array("\(index) \($0)\n".utf8) } ?? [] }
    }

    func letter(of name: String) -> UInt8? {
        names.firstIndex { $0.map { ASCII.equalIgnoringCase($0.utf8, name.utf8) } ?? false }
            .map { UInt8(ascii: "a") + UInt8($0) }
    }

    /// The letter of a new keyword.
    mutating func add(_ name: String) throws(MailboxFailure) -> UInt8 {
        guard let index = names.firstIndex(of: nil) else {
            throw MailboxFailure(
                .limitExceeded, "a Maildir folder holds \(Self.maximumCount) keywords; \(name) is one more")
        }
        names[index] = name
        return UInt8(ascii: "a") + UInt8(index)
    }

    static func read(in directory: DirectoryHandle) throws(SystemCallError) -> KeywordFile {
        do throws(SystemCallError) {
            return KeywordFile(parsing: try directory.file(fileName).readAll(limit: 64 << 10))
        } catch  where error.isMissing {
            return KeywordFile()
        }
    }

    /// Under the uidlist's lock, which is why a left-over lock of this file's own means nothing (Dovecot removes it too).
    func write(in directory: DirectoryHandle) throws(SystemCallError) {
        try DurableFile.replace(Self.fileName, in: directory, temporaryName: Self.lockName, contents: bytes)
    }
}
