import Blocking
import MailModel

/// Courier's files beside ours: read for what Courier did since, and kept as it would, so that it finds every UID and keyword.
///
/// They are written before ours. After a crash between the two they are ahead, and are read as if Courier had been here.
extension FolderWork {
    private var courierFile: CourierUIDFile { CourierUIDFile(directory: directories.root) }
    private var courierKeywords: CourierKeywords { CourierKeywords(folder: directories) }

    func courierStamps() throws -> CourierStamps? {
        guard state.keepsCourier else { return nil }
        return CourierStamps(list: try courierFile.stamp(), keywords: try courierKeywords.stamp())
    }

    /// Whether Courier may be at work here, so that its lock is needed too.
    func hasCourierFiles() throws -> Bool {
        guard options.courierFiles != .ignored else { return false }
        return try state.keepsCourier || directories.root.exists(CourierUIDFile.name)
    }

    /// The UID list, ours and Courier's joined; nil where there is neither. Says from then on whether Courier's is kept.
    mutating func withCourier(_ own: UIDList?) throws -> UIDList? {
        state.keepsCourier = options.courierFiles == .kept
        state.isCourierBehind = state.keepsCourier
        guard options.courierFiles != .ignored else { return own }
        guard let courier = try courierFile.read() else {
            // A folder that is new in an account that Courier knows.
            if options.courierFiles == .automatic, place.path != place.accountPath, own?.records.isEmpty ?? true {
                state.keepsCourier = try roots.open(place.accountPath).exists(CourierUIDFile.name)
                state.isCourierBehind = state.keepsCourier
            }
            return own
        }
        guard var own else {
            state.keepsCourier = true
            state.isCourierBehind = false
            return Self.list(of: courier)
        }
        let isLater = try isCourierLater()
        if courier.uidValidity == own.uidValidity {
            let isBehind = courier.nextUID < own.nextUID && !isLater
            guard !isBehind || state.keepsCourier else { return own }
            state.keepsCourier = true
            state.isCourierBehind = isBehind
            own.merge(courier: courier)
            return own
        }
        // Of two mailboxes, the one that was served last is what clients know.
        guard isLater else { return own }
        state.keepsCourier = true
        state.isCourierBehind = false
        return Self.list(of: courier)
    }

    private func isCourierLater() throws -> Bool {
        guard let courier = try courierFile.stamp(), let own = try uidListFile.stamp() else { return false }
        return (courier.modified.seconds, courier.modified.nanoseconds) > (
            own.modified.seconds, own.modified.nanoseconds
        )
    }

    private static func list(of courier: UIDList) -> UIDList {
        var list = UIDList(uidValidity: courier.uidValidity, nextUID: courier.nextUID)
        list.records = courier.records
        return list
    }

    /// Writes Courier's list if it says anything else.
    func keepCourierList(_ list: UIDList, without gone: Set<UInt32>) throws {
        guard state.keepsCourier else { return }
        var list = list
        list.records.removeAll { gone.contains($0.uid) }
        let old = try courierFile.read()
        guard
            old?.uidValidity != list.uidValidity || old?.nextUID != list.nextUID
                || old?.records.map(\.uid) != list.records.map(\.uid)
                || old?.records.map(\.base) != list.records.map(\.base)
        else { return }
        try courierFile.replace(list)
    }

    /// The same for messages about to come in.
    func keepCourierList(adding records: [UIDList.Record]) throws {
        guard state.keepsCourier, let last = records.last?.uid else { return }
        var list = UIDList(uidValidity: state.view.uidValidity, nextUID: last + 1)
        list.records =
            zip(state.view.uids, state.files).map { UIDList.Record(uid: $0, fields: [], base: Array($1.base)) }
            + records
        try courierFile.replace(list)
    }

    // MARK: Keywords

    /// Courier keeps keywords by message, and drops the letters in a file's name that mean one: where both are kept, the
    /// letters follow.
    mutating func adoptCourierKeywords(_ files: inout [MessageFile], _ stamps: Stamps) throws {
        guard !state.isCourierBehind else { return try renewCourierKeywords(files) }
        guard let now = stamps.courier?.keywords, now != state.courier?.keywords || !state.courierIsSettled,
            now != CourierKeywords.Stamp()
        else { return }
        let keywords = try courierKeywords.read()
        var isChanged = false
        for index in files.indices {
            let file = files[index]
            let flags = state.keywords.flags(file.letters)
            let system = flags.intersection(MessageFlags.system.union(.passed))
            let wanted = system.union(try addKeywordsThatFit(keywords[file.base] ?? []))
            guard wanted != flags else { continue }
            var name = MessageFileName(file.name)
            name.letters = state.keywords.letters(wanted, keeping: name.letters ?? [])
            let renamed = MessageFile(name: name.bytes, isNew: false)
            guard try directory(of: file).renameIfPresent(file.name, to: directories.cur, renamed.name) else {
                continue
            }
            files[index] = renamed
            isChanged = true
        }
        if isChanged { try directories.cur.sync() }
    }

    private func renewCourierKeywords(_ files: [MessageFile]) throws {
        let keywords = try courierKeywords.read()
        try keepCourierKeywords(
            files.compactMap { file in
                let flags = state.keywords.flags(file.letters)
                return flags.keywordIndexes.isEmpty && keywords[file.base] == nil ? nil : (file.base, flags)
            })
    }

    /// Tells Courier what keywords messages have from now on.
    func keepCourierKeywords(_ changes: [(base: ArraySlice<UInt8>, flags: MessageFlags)]) throws {
        guard state.keepsCourier, !changes.isEmpty else { return }
        for change in changes {
            let names = change.flags.keywordIndexes.compactMap {
                $0 < state.keywords.names.count ? state.keywords.names[$0] : nil
            }
            try courierKeywords.write(names, of: change.base)
        }
        try courierKeywords.sync()
    }
}
