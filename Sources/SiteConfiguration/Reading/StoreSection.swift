import Directory
import MailModel
import MailStore

/// `store:`: where mail lies and whose it is.
enum StoreSection {
    static func read(_ site: SectionReader) -> StoreModel {
        let reader = site.section("store")
        let roots = (reader?.strings("roots") ?? []).map { root in
            root.map { site.context.absolute($0, relativeTo: root.location.file) }
        }
        let places = (reader?.node("places")?.entries ?? []).compactMap { entry in
            site.context.string(entry.value).map { PlaceModel(path: entry.key, folder: $0) }
        }
        let minimum = reader?.integer("minimum_uid", in: 1...Int(UInt32.max - 1))?.value ?? 500
        let owner = reader?.parsed("owner", expected: "UID:GID in numbers, neither of them 0") { text in
            let ids = text.split(separator: ":").compactMap { UInt32($0) }
            return ids.count == 2 ? Owner(uid: ids[0], gid: ids[1]) : nil
        }
        let headers = reader?.boolean("recipient_headers")?.value ?? false
        let index = reader?.string("index_directory").map { folder in
            folder.map { site.context.absolute($0, relativeTo: folder.location.file) }
        }
        let locks = mboxLocks(reader?.section("mbox"))
        let courier = reader?.choice("courier_files", CourierFiles.self)?.value ?? .automatic
        reader?.finish()
        var model = StoreModel(
            roots: roots, minimumUID: UInt32(minimum), owner: owner, recipientHeaders: headers)
        model.places = places
        model.indexDirectory = index
        model.mboxLocks = locks
        model.courierFiles = courier
        return model
    }

    private static func mboxLocks(_ reader: SectionReader?) -> MboxLockModel {
        var model = MboxLockModel()
        guard let reader else { return model }
        model.read = locks("read_locks", reader)
        model.write = locks("locks", reader)
        model.timeout = reader.duration("lock_timeout")
        model.staleAfter = reader.duration("stale_lock")
        reader.finish()
        return model
    }

    private static func locks(_ key: String, _ reader: SectionReader) -> Located<MboxLocking.Locks>? {
        guard let names = reader.strings(key), let first = names.first else { return nil }
        var locks: MboxLocking.Locks = []
        for name in names {
            guard let lock = MboxLocking.Locks(name: name.value) else {
                reader.context.faults.error(
                    at: name.location, "store.mbox.\(key): \(name.value) is no lock",
                    remedy: "give fcntl, flock and dotlock, as the other programs take them")
                continue
            }
            locks.insert(lock)
        }
        return Located(locks, at: first.location)
    }
}

/// `senders:`: who may send as whom.
enum SenderSection {
    static func read(_ site: SectionReader) -> SenderModel {
        let reader = site.section("senders")
        let logins = reader.map { TableSection.tables("logins", $0) } ?? []
        let checks = reader?.boolean("check_login")
        let checksFrom = reader?.boolean("check_from")
        let aliases = reader?.boolean("aliases")?.value ?? false
        let groups = reader?.boolean("groups")?.value ?? false
        let messages = reader?.integer("messages_per_hour", in: 1...1_000_000)
        let recipients = reader?.integer("recipients_per_hour", in: 1...1_000_000)
        reader?.finish()
        if logins.isEmpty {
            if site.node("policies") != nil {
                // What a listener's policy says of senders, it says itself.
            } else if let checks, checks.value {
                reader?.context.faults.error(
                    at: checks.location, "senders.check_login is on, but no table says who may send as whom",
                    remedy: "set senders.logins")
            } else if checks == nil, site.node("accounts") != nil {
                site.context.faults.warning(
                    at: reader?.location ?? site.location, "whoever logs in may send as anybody",
                    remedy: "set senders.logins, or senders.check_login: no if that is meant")
            }
        }
        if let checksFrom, checksFrom.value, logins.isEmpty, site.node("policies") == nil {
            reader?.context.faults.error(
                at: checksFrom.location, "senders.check_from is on, but no table says who may send as whom",
                remedy: "set senders.logins")
        }
        var model = SenderModel(logins: logins, checksLogin: checks?.value ?? !logins.isEmpty)
        model.checksFrom = checksFrom?.value ?? false
        model.includesAliases = aliases
        model.includesGroups = groups
        model.messagesPerHour = messages
        model.recipientsPerHour = recipients
        return model
    }
}
