import MailModel
import NIOCore
package import Net
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Performs the waits of one IMAP connection with the services of the house.
package final class IMAPSessionPerformer: SessionPerformer {
    package typealias Engine = IMAPServerEngine

    /// What must be released when the connection goes.
    private struct Held: Sendable {
        var mailbox: (any IMAPMailbox)?
        var append: (any IMAPAppend)?
        var isFinished = false
    }

    private let services: any IMAPServices
    private let connection: ConnectionFacts
    private let notifier: SessionNotifier<IMAPEvent>
    private let held = Mutex(Held())

    package init(
        _ services: any IMAPServices, _ connection: ConnectionFacts, notifier: SessionNotifier<IMAPEvent>
    ) {
        self.services = services
        self.connection = connection
        self.notifier = notifier
    }

    package func perform(_ wait: IMAPWait) async -> IMAPAnswer {
        do throws(MailboxFailure) {
            switch wait {
            case .drain: return .done
            case .logIn(let login, let identity, let password):
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
                    try messages.map { message throws(MailboxFailure) in
                        RenderedMessage(uid: message.uid, items: try renderer.render(message))
                    })
            case .search(let mailbox, let evaluator, let candidates):
                return try await search(mailbox, evaluator, candidates)
            case .append(let question): return try await perform(question)
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
    }

    private func perform(_ question: AccountQuestion, _ account: any IMAPAccount) async throws(MailboxFailure)
        -> IMAPAnswer
    {
        switch question {
        case .list: return .listings(try await account.list())
        case .quota: return .quota(try await account.quotaStatus())
        case .create(let name, let use): try await account.create(name, specialUse: use)
        case .delete(let name): try await account.delete(name)
        case .rename(let name, let newName): try await account.rename(name, to: newName)
        case .subscribe(let name): try await account.subscribe(name)
        case .unsubscribe(let name): try await account.unsubscribe(name)
        case .status(let names):
            var statuses: [MailboxStatus?] = []
            for name in names { statuses.append(try await status(name, account, isOneOfMany: names.count > 1)) }
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
        case .expunge(let uids): return .view(try await mailbox.expunge(uids), firstRecentUID: nil)
        case .copy(let uids, let name): return .copied(try await mailbox.copy(uids, to: name))
        case .move(let uids, let name): return .copied(try await mailbox.move(uids, to: name))
        case .close(let expunges):
            if expunges { _ = try await mailbox.expunge(nil) }
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

    private func search(
        _ mailbox: any IMAPMailbox, _ evaluator: SearchEvaluator, _ candidates: [Int]
    ) async throws(MailboxFailure) -> IMAPAnswer {
        let view = evaluator.view
        let uids = candidates.compactMap { $0 < view.count ? view.uids[$0] : nil }
        var found: [Int] = []
        var remaining = uids[...]
        let now = Int64(time(nil))
        while !remaining.isEmpty, !Task.isCancelled {
            let messages = try await mailbox.fetch(remaining, evaluator.needs)
            guard let last = messages.last?.uid else { break }
            for message in messages {
                guard let index = view.index(of: message.uid) else { continue }
                if evaluator.matches(index, message, now: now) { found.append(index) }
            }
            let rest = remaining.drop { $0 <= last }
            guard rest.count < remaining.count else { break }
            remaining = rest
        }
        return .found(found)
    }
}
