import MailModel
import NIOCore
package import Net
import Synchronization

/// Performs the waits of one IMAP connection with the services of the house.
package final class IMAPSessionPerformer: SessionPerformer {
    package typealias Engine = IMAPServerEngine

    /// What must be released when the connection goes.
    struct Held: Sendable {
        var mailbox: (any IMAPMailbox)?
        var append: (any IMAPAppend)?
        var watched = WatchedMailboxes()
        var isFinished = false
    }

    private let services: any IMAPServices
    private let notifier: SessionNotifier<IMAPEvent>
    let held = Mutex(Held())
    let changes: PendingChanges
    /// How long a search goes on before its client is told so (RFC 9585 §3).
    let progressInterval: Duration

    package init(
        _ services: any IMAPServices, notifier: SessionNotifier<IMAPEvent>,
        progressInterval: Duration = .seconds(10)
    ) {
        self.progressInterval = progressInterval
        self.services = services
        self.notifier = notifier
        changes = PendingChanges { notifier.notify(.watchedChanged) }
    }

    package func perform(_ wait: IMAPWait) async -> IMAPAnswer {
        do throws(MailboxFailure) {
            switch wait {
            case .drain: return .done
            case .logIn(let login, let identity, let password, let connection):
                return .loggedIn(
                    await services.logIn(
                        login: login, authorizationIdentity: identity, password: password, connection))
            case .account(let account, let question): return try await perform(question, account)
            case .open(let account, let name, let readOnly, let old):
                return try await open(name, account, readOnly: readOnly, closing: old)
            case .mailbox(let mailbox, let question): return try await perform(question, mailbox)
            case .fetch(let mailbox, let uids, let renderer):
                let messages = try await mailbox.fetch(uids, renderer.needs)
                return .rendered(
                    try messages.map { message throws(MailboxFailure) in try renderer.render(message) })
            case .search(let mailbox, let run): return .searched(try await search(mailbox, run))
            case .searchElsewhere(let account, let name, let search):
                return .searchedElsewhere(try await searchElsewhere(account, name, search))
            case .append(let question): return try await perform(question)
            case .watch(let list): return try await watch(list)
            case .watched(let account): return .watched(await permitted(changes.take(), account))
            }
        } catch {
            return .failed(error)
        }
    }

    package func finished() async {
        let held = held.withLock { held in
            defer { held = Held(isFinished: true) }
            return held
        }
        await held.append?.abort()
        await held.mailbox?.close()
        for mailbox in held.watched.mailboxes.values { await mailbox.close() }
    }

    private func perform(_ question: AccountQuestion, _ account: any IMAPAccount) async throws(MailboxFailure)
        -> IMAPAnswer
    {
        switch question {
        case .list: return .listings(try await account.list())
        case .accessControl(let command, let name):
            return .accessControl(try await account.accessControl(command, name))
        case .rights(let names):
            var found: [MailboxRights?] = []
            for name in names { found.append(await rights(to: name, account)) }
            return .rights(found)
        case .quota: return .quota(try await account.quotaStatus())
        case .metadata(let names):
            var found: [MailboxMetadata?] = []
            for name in names { found.append(try await metadata(of: name, account, isOneOfMany: names.count > 1)) }
            return .metadata(found)
        case .setMetadata(let changes, let name): try await account.setMetadata(changes, of: name)
        case .create(let name, let use): try await account.create(name, specialUse: use)
        case .delete(let name): try await account.delete(name)
        case .rename(let name, let newName): try await account.rename(name, to: newName)
        case .subscribe(let name): try await account.subscribe(name)
        case .unsubscribe(let name): try await account.unsubscribe(name)
        case .status(let names, let isSized, let isOneOfMany):
            var statuses: [MailboxStatus?] = []
            for name in names {
                var status = try await status(name, account, isOneOfMany: isOneOfMany || names.count > 1)
                if isSized, status != nil { status?.size = try await size(of: name, account) }
                statuses.append(status)
            }
            return .statuses(statuses)
        }
        return .done
    }

    /// Nil for one of the many that LIST asks for: its STATUS is left out (RFC 5819 §2).
    private func status(
        _ name: MailboxName, _ account: any IMAPAccount, isOneOfMany: Bool
    ) async throws(MailboxFailure) -> MailboxStatus? {
        do {
            return try await account.status(name)
        } catch {
            if isOneOfMany, error.kind != .unavailable { return nil }
            throw error
        }
    }

    /// RFC 8438: the sum of RFC822.SIZE of all messages.
    private func size(of name: MailboxName, _ account: any IMAPAccount) async throws(MailboxFailure) -> UInt64 {
        let mailbox = try await account.open(name, readOnly: true) {}
        do throws(MailboxFailure) {
            var sum: UInt64 = 0
            var rest = mailbox.view.uids[...]
            while !rest.isEmpty, !Task.isCancelled {
                let messages = try await mailbox.fetch(rest, .size)
                guard let last = messages.last?.uid else { break }
                for message in messages { sum = sum.addingReportingOverflow(message.size ?? 0).partialValue }
                rest = rest.drop { $0 <= last }
            }
            await mailbox.close()
            return sum
        } catch {
            await mailbox.close()
            throw error
        }
    }

    private func open(
        _ name: MailboxName, _ account: any IMAPAccount, readOnly: Bool, closing old: (any IMAPMailbox)?
    ) async throws(MailboxFailure) -> IMAPAnswer {
        held.withLock { $0.mailbox = nil }
        await old?.close()
        let notifier = notifier
        let mailbox = try await account.open(name, readOnly: readOnly) { notifier.notify(.mailboxChanged) }
        let isTooLate = held.withLock { held in
            if !held.isFinished { held.mailbox = mailbox }
            return held.isFinished
        }
        if isTooLate {
            await mailbox.close()
            throw MailboxFailure(.unavailable, "the connection is gone")
        }
        do {
            let view = try await mailbox.refresh()
            guard !readOnly else { return .opened(mailbox, view, firstRecentUID: view.firstRecentUID) }
            let first = try await mailbox.claimRecent()
            return .opened(mailbox, mailbox.view, firstRecentUID: first)
        } catch {
            held.withLock { $0.mailbox = nil }
            await mailbox.close()
            throw error
        }
    }

    /// With the view as it is afterwards: claiming looks at the folder, and what it finds there is announced to the other
    /// sessions only.
    private func claimRecent(_ mailbox: any IMAPMailbox) async throws(MailboxFailure) -> IMAPAnswer {
        let first = try await mailbox.claimRecent()
        return .view(mailbox.view, firstRecentUID: first)
    }

    private func perform(_ question: MailboxQuestion, _ mailbox: any IMAPMailbox) async throws(MailboxFailure)
        -> IMAPAnswer
    {
        switch question {
        case .refresh(let claimsRecent):
            let view = try await mailbox.refresh()
            guard claimsRecent else { return .view(view, firstRecentUID: nil) }
            return try await claimRecent(mailbox)
        case .claimRecent: return try await claimRecent(mailbox)
        case .store(let uids, let change): return .view(try await mailbox.store(uids, change), firstRecentUID: nil)
        case .storeUnchanged(let uids, let change, let modSeq):
            return .changed(try await mailbox.store(uids, change, unchangedSince: modSeq))
        case .expunge(let uids): return .view(try await mailbox.expunge(uids), firstRecentUID: nil)
        case .copy(let uids, let name): return .copied(try await mailbox.copy(uids, to: name))
        case .move(let uids, let name): return .copied(try await mailbox.move(uids, to: name))
        case .close(let expunges):
            // RFC 4314 §4: without the right CLOSE removes nothing, and says nothing of it.
            if expunges, mailbox.rights.contains(.expunge) { _ = try await mailbox.expunge(nil) }
            held.withLock { $0.mailbox = nil }
            await mailbox.close()
            return .done
        }
    }

    private func perform(_ question: AppendQuestion) async throws(MailboxFailure) -> IMAPAnswer {
        switch question {
        case .start(let account, let name, let size):
            let append = try await account.append(to: name, size: size)
            let isTooLate = held.withLock { held in
                if !held.isFinished { held.append = append }
                return held.isFinished
            }
            if isTooLate {
                await append.abort()
                throw MailboxFailure(.unavailable, "the connection is gone")
            }
            return .appending(append)
        case .write(let append, let chunk):
            try await append.write(chunk)
            return .done
        case .next(let append, let flags, let date, let size):
            try await append.next(
                flags: flags.flags, keywords: flags.keywords, internalDate: date, size: size)
            return .done
        case .catenate(let append, let account, let piece, let room):
            return try await append.add(piece, of: account, room: room)
        case .replace(let append, let flags, let date, let uid, let mailbox):
            guard try await mailbox.refresh().index(of: uid) != nil else {
                held.withLock { $0.append = nil }
                await append.abort()
                throw MailboxFailure(.noSuchMessage, "message \(uid) was expunged before it could be replaced")
            }
            guard mailbox.rights.contains([.deleteMessages, .expunge]) else {
                held.withLock { $0.append = nil }
                await append.abort()
                throw MailboxFailure(.noPermission, "the message that is to be replaced may not be removed")
            }
            let copied = try await append.commit(flags: flags.flags, keywords: flags.keywords, internalDate: date)
            held.withLock { $0.append = nil }
            _ = try await mailbox.store([uid], FlagChange(.add, flags: .deleted))
            _ = try await mailbox.expunge([uid])
            return .copied(copied)
        case .commit(let append, let flags, let date):
            let copied = try await append.commit(flags: flags.flags, keywords: flags.keywords, internalDate: date)
            held.withLock { $0.append = nil }
            return .copied(copied)
        case .abort(let append):
            held.withLock { $0.append = nil }
            await append.abort()
            return .done
        }
    }
}
