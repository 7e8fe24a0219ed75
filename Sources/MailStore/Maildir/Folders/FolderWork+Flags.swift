import Blocking
import MailModel

extension FolderWork {
    /// STORE: a rename per message, and one sync.
    mutating func store(_ uids: [UInt32], _ change: FlagChange) throws {
        if !state.isLoaded { try refresh() }
        try locked { work in
            let keywords = try work.keywordFlags(change)
            var missing = try work.rename(uids, change, keywords)
            guard !missing.isEmpty else { return }
            // Another program changed their names: what they are called now.
            try work.reconcile()
            missing = try work.rename(missing, change, keywords)
        }
    }

    /// As `store`, for the messages that have not changed since `modSeq`; gives the others. Looked at first, so that what
    /// other programs did counts as a change.
    mutating func store(_ uids: [UInt32], _ change: FlagChange, unchangedSince modSeq: UInt64) throws -> [UInt32] {
        try refresh()
        func split(_ uids: [UInt32], _ view: MailboxView) -> (changed: [UInt32], unchanged: [UInt32]) {
            let changed = Set(uids.filter { uid in view.index(of: uid).map { view.modSeqs[$0] > modSeq } ?? false })
            return (uids.filter(changed.contains), uids.filter { !changed.contains($0) })
        }
        let (refused, rest) = split(uids, state.view)
        return try locked { work in
            let keywords = try work.keywordFlags(change)
            let missing = try work.rename(rest, change, keywords)
            guard !missing.isEmpty else { return refused }
            // Another program changed their names, and maybe more.
            try work.reconcile()
            let (changed, unchanged) = split(missing, work.state.view)
            _ = try work.rename(unchanged, change, keywords)
            return (refused + changed).sorted()
        }
    }

    private mutating func keywordFlags(_ change: FlagChange) throws -> MessageFlags {
        guard change.operation != .remove else { return state.keywords.known(change.keywords) }
        return try addKeywords(change.keywords)
    }

    /// Under the lock.
    mutating func addKeywords(_ keywords: [String]) throws -> MessageFlags {
        guard !keywords.isEmpty else { return [] }
        try readKeywordsAgain()
        let (flags, isChanged) = try state.keywords.add(keywords)
        if isChanged { try state.keywords.file.write(in: control) }
        return flags
    }

    /// For messages that come in: the last letter taken is no reason to turn mail away. What does not fit is left out, as
    /// Dovecot does.
    mutating func addKeywordsThatFit(_ keywords: [String]) throws -> MessageFlags {
        var flags: MessageFlags = []
        for keyword in keywords {
            do {
                flags.formUnion(try addKeywords([keyword]))
            } catch let failure as MailboxFailure where failure.kind == .limitExceeded {
                continue
            }
        }
        return flags
    }

    /// Renames what has to be; returns those whose files are not where they were.
    private mutating func rename(
        _ uids: [UInt32], _ change: FlagChange, _ keywords: MessageFlags
    ) throws -> [UInt32] {
        var files = state.files
        var missing: [UInt32] = []
        var isChanged = false
        defer { update(uids: state.view.uids, files: files) }
        try keepCourierKeywords(
            uids.compactMap { uid in
                guard state.keepsCourier, let index = index(of: uid) else { return nil }
                let old = state.view.flags[index]
                let flags = Self.apply(change, keywords, to: old)
                return flags.keywordIndexes.elementsEqual(old.keywordIndexes) ? nil : (files[index].base, flags)
            })
        for uid in uids {
            guard let index = index(of: uid) else { continue }
            let file = files[index]
            let flags = Self.apply(change, keywords, to: state.view.flags[index])
            var name = MessageFileName(file.name)
            let letters = state.keywords.letters(flags, keeping: name.letters ?? [])
            guard letters != name.letters ?? [] else { continue }
            name.letters = letters
            // Who sets flags has seen the message: it is not new any more (maildir(5)).
            let renamed = MessageFile(name: name.bytes, isNew: false)
            if try directory(of: file).renameIfPresent(file.name, to: directories.cur, renamed.name) {
                files[index] = renamed
                isChanged = true
            } else {
                missing.append(uid)
            }
        }
        if isChanged { try directories.cur.sync() }
        return missing
    }

    private static func apply(
        _ change: FlagChange, _ keywords: MessageFlags, to old: MessageFlags
    ) -> MessageFlags {
        let flags = change.flags.intersection(.system).union(keywords)
        return switch change.operation {
        case .add: old.union(flags)
        case .remove: old.subtracting(flags)
        // `P` is no IMAP flag: a client that sets all flags knows nothing of it.
        case .replace: flags.union(old.intersection(.passed))
        }
    }

    /// Removes those of `uids` (of all, for nil) that have `\Deleted`.
    mutating func expunge(_ uids: [UInt32]?) throws {
        try refresh()
        try locked { work in
            let missing = try work.unlink(uids ?? work.state.view.uids, having: .deleted)
            guard !missing.isEmpty else { return }
            try work.reconcile()
            _ = try work.unlink(missing, having: .deleted)
        }
    }

    /// Removes these messages, whatever their flags.
    mutating func remove(_ uids: [UInt32]) throws {
        try locked { work in
            let missing = try work.unlink(uids, having: [])
            guard !missing.isEmpty else { return }
            try work.reconcile()
            _ = try work.unlink(missing, having: [])
        }
    }

    private mutating func unlink(_ uids: [UInt32], having flags: MessageFlags) throws -> [UInt32] {
        var removed: Set<UInt32> = []
        var missing: [UInt32] = []
        var touched: Set<Bool> = []
        defer { forget(removed) }
        for uid in uids {
            guard let index = index(of: uid), state.view.flags[index].isSuperset(of: flags) else { continue }
            let file = state.files[index]
            let size = try sizeThatCounts(of: file, uid)
            if try directory(of: file).removeIfPresent(file.name) {
                if let size { self.removed?.add(size) }
                removed.insert(uid)
                touched.insert(file.isNew)
            } else {
                missing.append(uid)
            }
        }
        if touched.contains(false) { try directories.cur.sync() }
        if touched.contains(true) { try directories.new.sync() }
        return missing
    }

    /// Nil where nobody asks, or the file is gone.
    private func sizeThatCounts(of file: MessageFile, _ uid: UInt32) throws -> UInt64? {
        guard let removed, removed.terms.counts(file.name) else { return nil }
        if removed.sizes == .wire, let known = state.virtualSizes[uid] { return known }
        do {
            return try MessageSize.of(file.name, in: directory(of: file), removed.sizes)
        } catch  where MaildirDirectories.isMissing(error) {
            return nil
        }
    }

    /// Takes messages out of the view whose files are gone.
    mutating func forget(_ removed: Set<UInt32>) {
        guard !removed.isEmpty else { return }
        var uids: [UInt32] = []
        var files: [MessageFile] = []
        for (uid, file) in zip(state.view.uids, state.files) where !removed.contains(uid) {
            uids.append(uid)
            files.append(file)
        }
        update(uids: uids, files: files)
    }
}
