import MailModel
import NIOCore
import Net

extension IMAPServerEngine {
    static func name(_ wire: [UInt8], _ account: any IMAPAccount) -> MailboxName? {
        account.naming.decode(wire)
    }

    mutating func rejectName(_ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        let prefix = String(decoding: account?.naming.namespacePrefix ?? [], as: UTF8.self)
        let text = "NO [CANNOT] Invalid mailbox name"
        return finish(
            Completion(tag: tag, text: prefix.isEmpty ? "\(text)." : "\(text): it should begin with \(prefix)"), &output
        )
    }

    // MARK: SELECT

    /// SELECT and EXAMINE (RFC 3501 §6.3.1): the mailbox selected before is given up, whatever comes of it.
    mutating func select(
        _ tag: [UInt8], _ wire: [UInt8], readOnly: Bool, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard let name = Self.name(wire, account) else { return rejectName(tag, &output) }
        let old = selected?.mailbox
        selected = nil
        if old != nil { output.writeStaticString("* OK [CLOSED] Previous mailbox closed.\r\n") }
        return wait(.open(account, name, readOnly: readOnly, closing: old)) { engine, answer, output in
            guard case .opened(let mailbox, let view, let firstRecent) = answer else {
                return engine.finish(answer, Completion(tag: tag, text: ""), &output)
            }
            let selected = SelectedMailbox(mailbox, name, view, firstRecentUID: firstRecent, isReadOnly: readOnly)
            engine.selected = selected
            Self.writeSelection(selected, &output)
            let text = readOnly ? "OK [READ-ONLY] Examine completed." : "OK [READ-WRITE] Select completed."
            return engine.reply(tag, text, &output)
        }
    }

    private static func writeSelection(_ selected: SelectedMailbox, _ output: inout ByteBuffer) {
        let view = selected.told
        FlagsResponse.appendMailboxFlags(view.keywords, permanent: !selected.isReadOnly, to: &output)
        output.writeString("* \(view.count) EXISTS\r\n")
        output.writeString("* \(selected.recent.count(in: view)) RECENT\r\n")
        if let unseen = view.flags.firstIndex(where: { !$0.contains(.seen) }) {
            output.writeString("* OK [UNSEEN \(unseen + 1)] First unseen.\r\n")
        }
        output.writeString("* OK [UIDVALIDITY \(view.uidValidity)] UIDs valid\r\n")
        output.writeString("* OK [UIDNEXT \(view.uidNext)] Predicted next UID\r\n")
    }

    // MARK: CREATE, DELETE, RENAME, SUBSCRIBE

    mutating func change(
        _ tag: [UInt8], _ wire: [UInt8], _ account: any IMAPAccount, _ text: String, _ output: inout ByteBuffer,
        _ question: (MailboxName) -> AccountQuestion
    ) -> Step {
        guard let name = Self.name(wire, account) else { return rejectName(tag, &output) }
        return waitToFinish(.account(account, question(name)), Completion(tag: tag, text: text))
    }

    // MARK: STATUS

    mutating func status(
        _ tag: [UInt8], _ wire: [UInt8], _ items: [StatusItem], _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard let name = Self.name(wire, account) else { return rejectName(tag, &output) }
        let completion = Completion(tag: tag, text: "OK Status completed.")
        return wait(.account(account, .status([name]))) { engine, answer, output in
            if case .statuses(let statuses) = answer, let status = statuses.first ?? nil {
                Self.write(status, items, name, account, &output)
            }
            return engine.finish(answer, completion, &output)
        }
    }

    /// "STATUS" SP mailbox SP "(" [status-att-list] ")"
    static func write(
        _ status: MailboxStatus, _ items: [StatusItem], _ name: MailboxName, _ account: any IMAPAccount,
        _ output: inout ByteBuffer
    ) {
        output.writeStaticString("* STATUS ")
        ResponseText.appendAstring(account.naming.encode(name), to: &output)
        let values = items.map { item in
            switch item {
            case .messages: "MESSAGES \(status.messages)"
            case .recent: "RECENT \(status.recent)"
            case .uidNext: "UIDNEXT \(status.uidNext)"
            case .uidValidity: "UIDVALIDITY \(status.uidValidity)"
            case .unseen: "UNSEEN \(status.unseen)"
            case .deleted: "DELETED \(status.deleted)"
            case .deletedStorage: "DELETED-STORAGE \(status.deletedStorage)"
            }
        }
        output.writeString(" (\(values.joined(separator: " ")))\r\n")
    }

    // MARK: LIST

    mutating func list(
        _ tag: [UInt8], _ request: ListRequest, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        if request.isBasic, request.patterns == [[]] {
            // An empty name asks for the separator and the root of the reference (RFC 3501 §6.3.8).
            output.writeStaticString("* LIST (\\Noselect) ")
            ResponseText.appendQuoted([account.naming.separator], to: &output)
            output.writeStaticString(" \"\"\r\n")
            return finish(Completion(tag: tag, text: "OK List completed."), &output)
        }
        let completion = Completion(tag: tag, text: "OK List completed.")
        return wait(.account(account, .list)) { engine, answer, output in
            guard case .listings(let listings) = answer else { return engine.finish(answer, completion, &output) }
            let tree = MailboxTree(listings, account.naming)
            let found = tree.list(request)
            for line in found { MailboxTree.write(line, "LIST", separator: account.naming.separator, &output) }
            let names = found.filter { $0.isSelectable }.map(\.name)
            guard !request.returnsStatus.isEmpty, !names.isEmpty else { return engine.finish(completion, &output) }
            return engine.wait(.account(account, .status(names))) { engine, answer, output in
                if case .statuses(let statuses) = answer {
                    for (name, status) in zip(names, statuses) {
                        if let status { Self.write(status, request.returnsStatus, name, account, &output) }
                    }
                }
                return engine.finish(answer, completion, &output)
            }
        }
    }

    mutating func listSubscribed(_ tag: [UInt8], _ pattern: [UInt8], _ account: any IMAPAccount) -> Step {
        let completion = Completion(tag: tag, text: "OK Lsub completed.")
        return wait(.account(account, .list)) { engine, answer, output in
            if case .listings(let listings) = answer {
                let tree = MailboxTree(listings, account.naming)
                for line in tree.listSubscribed(pattern) {
                    MailboxTree.write(line, "LSUB", separator: account.naming.separator, &output)
                }
            }
            return engine.finish(answer, completion, &output)
        }
    }
}
