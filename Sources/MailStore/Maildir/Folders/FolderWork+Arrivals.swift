import Blocking
import Glibc
import MailModel

/// What happens to a folder most often, at the cost of what came and not of all that is there: flags change, mail arrives, a
/// session claims it. Whatever is not plainly that is left to `reconcile`.
extension FolderWork {
    /// More than so many at once are no ordinary delivery.
    private static let maximumArrivals = 64

    /// Without the lock, as long as the same messages are there and only their flags and places have changed; what arrived
    /// gets UIDs. False when something went, or there is more to it; then the list must be joined with the directories.
    mutating func refreshKnown(_ stamps: Stamps) throws -> Bool {
        guard state.isLoaded, stamps.uidList == state.uidList, stamps.courier == state.courier, state.courierIsSettled
        else { return false }
        try readKeywords(stamps)
        var comparison = FolderComparison(
            state.files, readsNew: !(state.newIsSettled && stamps.new == state.new),
            readsCur: !(state.curIsSettled && stamps.cur == state.cur))
        try comparison.read(directories)
        guard comparison.settle(), comparison.arrived.count <= Self.maximumArrivals else { return false }
        guard !comparison.arrived.isEmpty else {
            update(uids: state.view.uids, files: comparison.files)
            accept(stamps)
            return true
        }
        // Courier's list is kept in step where UIDs are given.
        guard stamps.courier == nil, !state.keepsCourier else { return false }
        let (files, arrived) = (comparison.files, ArrivalOrder.sorted(comparison.arrived))
        return try locked { try $0.add(arrived, to: files, stamps) }
    }

    private mutating func add(_ arrived: [MessageFile], to files: [MessageFile], _ stamps: Stamps) throws -> Bool {
        guard let count = UInt32(exactly: arrived.count), try uidListFile.stampNow() == stamps.uidList else {
            return false
        }
        let first = state.view.uidNext
        let (next, overflow) = first.addingReportingOverflow(count)
        guard !overflow, next < .max, try !uidListFile.mentions(arrived.map(\.base)) else { return false }
        let records = zip(first..<next, arrived).map { UIDList.Record(uid: $0, fields: [], base: Array($1.base)) }
        try uidListFile.append(records[...])
        try step(.uidListSynced)
        update(uids: state.view.uids + (first..<next), files: files + arrived, uidNext: next)
        var stamps = stamps
        stamps.uidList = try uidListFile.stamp()
        accept(stamps)
        return true
    }

    /// Moves what is known to be in `new/` to `cur/`. False when a file was not where it was; then the folder must be read.
    mutating func claimArrivals() throws -> Bool {
        guard state.isLoaded else { return false }
        return try locked { work in
            var files = work.state.files
            var isWhole = true
            for index in files.indices where files[index].isNew {
                var name = MessageFileName(files[index].name)
                name.letters = name.letters ?? []
                let moved = MessageFile(name: name.bytes, isNew: false)
                if try work.directories.new.renameIfPresent(
                    files[index].name, to: work.directories.cur, moved.name)
                {
                    files[index] = moved
                } else {
                    isWhole = false
                }
            }
            work.update(uids: work.state.view.uids, files: files)
            return isWhole
        }
    }
}

extension UIDListFile {
    /// Whether the list has one of these names, of a message that is there or of one that is gone: a UID that was given is
    /// not given again. True as well for a list that can't be appended to.
    fileprivate func mentions(_ bases: [ArraySlice<UInt8>]) throws(SystemCallError) -> Bool {
        let contents = try bytes()
        guard contents.starts(with: [UInt8(ascii: "3"), 0x20]), contents.last == 0x0A else { return true }
        return contents.withUnsafeBytes { all in
            guard let start = all.baseAddress else { return true }
            var position = 0
            // A name stands behind a colon.
            while let colon = memchr(start + position, Int32(UInt8(ascii: ":")), all.count - position) {
                position = UnsafeRawPointer(colon) - start + 1
                let rest = all[position...]
                if bases.contains(where: { rest.count > $0.count && rest.starts(with: $0) }) { return true }
            }
            return false
        }
    }
}
