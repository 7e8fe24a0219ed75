import Blocking
import MailModel

/// `courierimapuiddb`, which file is which UID to Courier: a header `1 UIDVALIDITY NEXTUID`, then `UID NAME` for every message in `cur/`. What
/// Courier finds in `new/` gets a UID when it is moved to `cur/`, whatever a line here says.
struct CourierUIDFile {
    static let name = Array("courierimapuiddb".utf8)
    private static let temporaryName = Array("courierimapuiddb.tmp".utf8)
    private static let maximumSize = 256 << 20
    /// In the folder's `tmp/`, as Courier names it.
    static let lockName = "courier.lock"

    let directory: DirectoryHandle

    func stamp() throws(SystemCallError) -> UIDListFile.Stamp? {
        try UIDListFile.Stamp.of(Self.name, in: directory)
    }

    /// Nil where there is none that can be trusted.
    func read() throws(SystemCallError) -> UIDList? {
        do throws(SystemCallError) {
            return UIDList(parsing: try directory.file(Self.name).readAll(limit: Self.maximumSize))
        } catch  where error.isMissing {
            return nil
        }
    }

    /// Needs both locks.
    func replace(_ list: UIDList) throws(SystemCallError) {
        try DurableFile.replace(
            Self.name, in: directory, temporaryName: Self.temporaryName, contents: Self.bytes(list))
    }

    static func bytes(_ list: UIDList) -> [UInt8] {
        var output = Array("1 \(list.uidValidity) \(list.nextUID)\n".utf8)
        output.reserveCapacity(list.records.count * 64)
        for record in list.records {
            output += String(record.uid).utf8
            output.append(0x20)
            output += record.base
            output.append(0x0A)
        }
        return output
    }
}

extension UIDList {
    /// Adds what Courier did to a mailbox of the same UIDVALIDITY. A UID that is taken here stays what it is.
    mutating func merge(courier other: UIDList) {
        nextUID = max(nextUID, other.nextUID)
        let names = Set(records.map(\.base))
        let uids = Set(records.map(\.uid))
        let new = other.records.filter { !names.contains($0.base) && !uids.contains($0.uid) }
        guard !new.isEmpty else { return }
        records = (records + new).sorted { $0.uid < $1.uid }
        isAppendable = false
    }
}
