import Blocking
import MailModel

/// Annotations as they are kept: `V<TAB>1`, then a line `name<TAB>value` for each. It lies in the folder that it belongs to,
/// so that it goes where the folder goes, whoever renames or removes it, and outlives every index.
enum MetadataFile {
    static let mailbox = Array("postroom-metadata".utf8)
    /// Of the account as such, in the Maildir's root.
    static let account = Array("postroom-metadata-account".utf8)

    private static let magic = Array("V\t1".utf8)
    /// Twice what may be in it: every octet can have a 1 before it.
    private static let maximumSize =
        2 * (MailboxMetadata.maximumSize + MailboxMetadata.maximumEntries * (MetadataEntryName.maximumLength + 2)) + 16

    /// Lines that can't be read are passed over.
    static func parse(_ file: [UInt8]) -> MailboxMetadata {
        var metadata = MailboxMetadata()
        let lines = file.split(separator: 0x0A)
        guard let first = lines.first, first.elementsEqual(magic) else { return metadata }
        for line in lines.dropFirst() {
            guard let tab = line.firstIndex(of: 0x09), let name = MetadataEntryName(line[..<tab]) else { continue }
            do throws(MailboxFailure) {
                try metadata.apply([MetadataChange(name, EscapedField.unescape(line[(tab + 1)...]))])
            } catch {
                return metadata
            }
        }
        return metadata
    }

    static func bytes(_ metadata: MailboxMetadata) -> [UInt8] {
        var output = magic + [0x0A]
        for (name, value) in metadata.values.sorted(by: { $0.key < $1.key }) {
            output += Array(name.description.utf8) + [0x09] + EscapedField.escape(value) + [0x0A]
        }
        return output
    }

    static func read(_ name: [UInt8], in directory: DirectoryHandle) throws(SystemCallError) -> MailboxMetadata {
        do throws(SystemCallError) {
            return parse(try directory.file(name).readAll(limit: maximumSize))
        } catch  where error.isMissing {
            return MailboxMetadata()
        }
    }

    /// Durable when it returns.
    static func change(
        _ name: [UInt8], in directory: DirectoryHandle, lockSeconds: Int64, _ changes: [MetadataChange]
    ) throws {
        let lockName = String(decoding: name, as: UTF8.self) + ".lock"
        try DotLock.holding(lockName, in: directory, seconds: lockSeconds) {
            let old = try read(name, in: directory)
            var new = old
            try new.apply(changes)
            guard new != old else { return }
            try DurableFile.replace(
                name, in: directory, temporaryName: name + Array(".tmp".utf8), contents: bytes(new))
        }
    }
}
