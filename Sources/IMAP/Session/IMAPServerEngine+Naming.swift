import MailModel
import NIOCore
import Net

/// CREATE, DELETE, RENAME, SUBSCRIBE and UNSUBSCRIBE.
extension IMAPServerEngine {
    /// RFC 8474 §4.1: the new mailbox's MAILBOXID, where the store has one.
    mutating func create(
        _ tag: [UInt8], _ wire: [UInt8], _ use: MailboxListing.SpecialUse?, _ account: any IMAPAccount,
        _ output: inout ByteBuffer
    ) -> Step {
        guard let asked = self.name(wire) else { return rejectName(tag, &output) }
        let name = normalized(asked)
        let completion = Completion(tag: tag, text: "OK Create completed.")
        return wait(.account(account, .create(name, use))) { engine, answer, output in
            if case .failed(let failure) = answer, failure.kind == .notPermitted, use != nil {
                // RFC 6154 §3: the mailbox could be made, but not for this use.
                return engine.finish(
                    Completion(tag: tag, text: "NO [USEATTR] No mailbox of this name gets this use."), &output)
            }
            guard case .done = answer else { return engine.finish(answer, completion, &output) }
            engine.notifications?.expect(.name(name))
            if name != asked { engine.writeOldName(asked, of: name, account, &output) }
            return engine.wait(.account(account, .status([name]))) { engine, answer, output in
                var completion = completion
                if case .statuses(let statuses) = answer, let status = statuses.first ?? nil,
                    let identity = ObjectID.mailbox(status.identity)
                {
                    completion.text = "OK [MAILBOXID (\(identity))] Create completed."
                }
                return engine.finish(completion, &output)
            }
        }
    }

    /// RFC 9051 §6.3.5: a name that only holds others is not taken away while it does.
    mutating func delete(
        _ tag: [UInt8], _ wire: [UInt8], _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard let name = self.name(wire) else { return rejectName(tag, &output) }
        let completion = Completion(tag: tag, text: "OK Delete completed.")
        return wait(.account(account, .delete(name))) { engine, answer, output in
            if case .done = answer { engine.notifications?.expect(.name(name)) }
            guard case .failed(let failure) = answer, failure.kind == .noSuchMailbox else {
                return engine.finish(answer, completion, &output)
            }
            return engine.wait(.account(account, .list)) { engine, listings, output in
                guard case .listings(let all) = listings,
                    all.contains(where: { $0.isSelectable && $0.name.isDescendant(of: name) })
                else { return engine.finish(answer, completion, &output) }
                return engine.finish(
                    Completion(tag: tag, text: "NO [HASCHILDREN] There are mailboxes below it."), &output)
            }
        }
    }

    mutating func rename(
        _ tag: [UInt8], _ wire: [UInt8], to newWire: [UInt8], _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard let name = self.name(wire), let asked = self.name(newWire) else { return rejectName(tag, &output) }
        let target = normalized(asked)
        let completion = Completion(tag: tag, text: "OK Rename completed.")
        return wait(.account(account, .rename(name, to: target))) { engine, answer, output in
            if case .done = answer {
                engine.notifications?.expect(.name(name))
                engine.notifications?.expect(.name(target))
            }
            // INBOX stays where it is (RFC 9051 §6.3.6).
            if case .done = answer, !name.isInbox { engine.writeOldName(name, of: target, account, &output) }
            return engine.finish(answer, completion, &output)
        }
    }

    mutating func change(
        _ tag: [UInt8], _ wire: [UInt8], _ account: any IMAPAccount, _ text: String, _ output: inout ByteBuffer,
        _ question: (MailboxName) -> AccountQuestion
    ) -> Step {
        guard let name = name(wire) else { return rejectName(tag, &output) }
        let completion = Completion(tag: tag, text: text)
        return wait(.account(account, question(name))) { engine, answer, output in
            if case .done = answer { engine.notifications?.expect(.subscription(name)) }
            return engine.finish(answer, completion, &output)
        }
    }
}
