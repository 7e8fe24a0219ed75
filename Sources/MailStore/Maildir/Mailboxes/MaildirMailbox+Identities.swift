import Blocking
import MailModel

extension MaildirMailbox: IdentifyingMailbox {
    func storedIdentities(
        of uids: [UInt32], from source: IdentitySource
    ) async throws(MailboxFailure) -> [MessageIdentity] {
        try await withMailboxFailures {
            try await folder.work { work in try work.identities(of: uids, from: source) }
        }
    }

    func store(uniqueIDs: [UInt32: [UInt8]]) async throws(MailboxFailure) {
        try await withMailboxFailures {
            try await folder.work { work in try work.store(uniqueIDs: uniqueIDs) }
        }
    }
}

extension FolderWork {
    fileprivate func identities(of uids: [UInt32], from source: IdentitySource) throws -> [MessageIdentity] {
        var identities: [MessageIdentity] = []
        identities.reserveCapacity(uids.count)
        var records: ArraySlice<UIDList.Record> = []
        if case .list(let list) = try uidListFile.read(), list.uidValidity == state.view.uidValidity {
            records = list.records[...]
        }
        for uid in uids {
            guard let index = state.view.index(of: uid) else { continue }
            while let record = records.first, record.uid < uid { records.removeFirst() }
            let base = Array(state.files[index].base)
            let record = records.first.flatMap { $0.uid == uid ? $0 : nil }
            var identity = MessageIdentity(uid: uid)
            identity.fileName = base
            identity.guid = record?.field(UInt8(ascii: "G")) ?? base
            identity.savedUniqueID = record?.field(UInt8(ascii: "P"))
            identity.order = record?.field(UInt8(ascii: "O")).flatMap { Digits.parse32($0) }
            identities.append(identity)
        }
        if case .courierList(let sizes) = source { try number(&identities, sizes) }
        return identities
    }

    /// Gives each message its number in Courier's list, and brings that up to date.
    private func number(_ identities: inout [MessageIdentity], _ sizes: [UInt32: UInt64]) throws {
        let now = UInt32(clamping: FileStatus.Time.now.seconds)
        let old = try CourierPOP3List.read(directories.root, now: now)
        var new = old ?? CourierPOP3List(validity: now)
        let known = new.lines
        new.lines = [:]
        var names: [[UInt8]] = []
        for place in identities.indices {
            let uid = identities[place].uid
            guard let index = state.view.index(of: uid), let base = identities[place].fileName else { continue }
            var line = known[base[...]]
            if line == nil, let size = sizes[uid] {
                let id = CourierUniqueID(number: new.nextNumber, validity: new.validity)
                line = CourierPOP3List.Line(size: size, id: id, isUTF8: false)
                new.nextNumber = new.nextNumber == .max ? 1 : new.nextNumber + 1
            }
            guard let line else { continue }
            new.lines[base[...]] = line
            identities[place].courier = line.id
            names.append(state.files[index].name)
        }
        // Before a client learns of the numbers.
        if old?.lines != new.lines || old == nil { try new.replace(names, in: directories.root) }
    }

    fileprivate mutating func store(uniqueIDs: [UInt32: [UInt8]]) throws {
        try locked { work in
            guard case .list(var list) = try work.uidListFile.read(),
                list.uidValidity == work.state.view.uidValidity
            else { return }
            var isChanged = false
            for place in list.records.indices {
                guard let id = uniqueIDs[list.records[place].uid], list.records[place].field(UInt8(ascii: "P")) == nil
                else { continue }
                list.records[place].fields.append([UInt8(ascii: "P")] + id)
                isChanged = true
            }
            if isChanged { try work.uidListFile.replace(list) }
        }
    }
}

extension UIDList.Record {
    /// Nil where it is not given, or empty.
    fileprivate func field(_ letter: UInt8) -> [UInt8]? {
        guard let field = fields.first(where: { $0.first == letter }), field.count > 1 else { return nil }
        return Array(field.dropFirst())
    }
}
