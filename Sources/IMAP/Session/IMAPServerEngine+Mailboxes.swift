import MailModel
import NIOCore
import Net

extension IMAPServerEngine {
    mutating func rejectName(_ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        let prefix = String(decoding: account.map { naming($0).namespacePrefix } ?? [], as: UTF8.self)
        let text = "NO [CANNOT] Invalid mailbox name"
        return finish(
            Completion(tag: tag, text: prefix.isEmpty ? "\(text)." : "\(text): it should begin with \(prefix)"), &output
        )
    }

    // MARK: SELECT

    /// SELECT and EXAMINE (RFC 3501 §6.3.1): the mailbox selected before is given up, whatever comes of it.
    mutating func select(
        _ tag: [UInt8], _ wire: [UInt8], readOnly: Bool, _ parameters: SelectParameters, _ account: any IMAPAccount,
        _ output: inout ByteBuffer
    ) -> Step {
        if parameters.qresync != nil, !enabled.contains(.qresync) {
            return reject(tag, "BAD QRESYNC was not enabled.", &output)
        }
        guard let name = name(wire) else { return rejectName(tag, &output) }
        let isExamine = readOnly
        let old = selected?.mailbox
        selected = nil
        if old != nil { output.writeStaticString("* OK [CLOSED] Previous mailbox closed.\r\n") }
        return wait(.open(account, name, readOnly: readOnly, closing: old)) { engine, answer, output in
            guard case .opened(let mailbox, let view, let firstRecent) = answer else {
                return engine.finish(answer, Completion(tag: tag, text: ""), &output)
            }
            // RFC 4314 §5.2: who may change nothing has it open for reading only.
            let readOnly = readOnly || mailbox.rights.isDisjoint(with: .changing)
            let selected = SelectedMailbox(mailbox, name, view, firstRecentUID: firstRecent, isReadOnly: readOnly)
            engine.selected = selected
            if parameters.condstore { engine.enabled.insert(.condstore) }
            Self.writeSelection(selected, &output)
            let command = isExamine ? "Examine" : "Select"
            let text = readOnly ? "OK [READ-ONLY] \(command) completed." : "OK [READ-WRITE] Select completed."
            if let known = parameters.qresync {
                return engine.resynchronize(selected, known, Completion(tag: tag, text: text), &output)
            }
            return engine.reply(tag, text, &output)
        }
    }

    private static func writeSelection(_ selected: SelectedMailbox, _ output: inout ByteBuffer) {
        let view = selected.told
        FlagsResponse.appendMailboxFlags(view.keywords, permanent: selected.permanentRights, to: &output)
        output.writeString("* \(view.count) EXISTS\r\n")
        output.writeString("* \(selected.recent.count(in: view)) RECENT\r\n")
        if let unseen = view.flags.firstIndex(where: { !$0.contains(.seen) }) {
            output.writeString("* OK [UNSEEN \(unseen + 1)] First unseen.\r\n")
        }
        output.writeString("* OK [UIDVALIDITY \(view.uidValidity)] UIDs valid\r\n")
        output.writeString("* OK [UIDNEXT \(view.uidNext)] Predicted next UID\r\n")
        output.writeString("* OK [HIGHESTMODSEQ \(view.highestModSeq)] Highest\r\n")
        if let identity = ObjectID.mailbox(view.identity) {
            output.writeString("* OK [MAILBOXID (\(identity))] Ok\r\n")
        }
    }

    // MARK: CREATE, DELETE, RENAME, SUBSCRIBE

    /// RFC 8474 §4.1: the new mailbox's MAILBOXID, where the store has one.
    mutating func create(
        _ tag: [UInt8], _ wire: [UInt8], _ use: MailboxListing.SpecialUse?, _ account: any IMAPAccount,
        _ output: inout ByteBuffer
    ) -> Step {
        guard let name = self.name(wire) else { return rejectName(tag, &output) }
        let completion = Completion(tag: tag, text: "OK Create completed.")
        return wait(.account(account, .create(name, use))) { engine, answer, output in
            guard case .done = answer else { return engine.finish(answer, completion, &output) }
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

    mutating func change(
        _ tag: [UInt8], _ wire: [UInt8], _ account: any IMAPAccount, _ text: String, _ output: inout ByteBuffer,
        _ question: (MailboxName) -> AccountQuestion
    ) -> Step {
        guard let name = name(wire) else { return rejectName(tag, &output) }
        return waitToFinish(.account(account, question(name)), Completion(tag: tag, text: text))
    }

    // MARK: STATUS

    mutating func status(
        _ tag: [UInt8], _ wire: [UInt8], _ items: [StatusItem], _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard let name = name(wire) else { return rejectName(tag, &output) }
        if items.contains(.highestModSeq) { enableCondstore(&output) }
        let completion = Completion(tag: tag, text: "OK Status completed.")
        return wait(.account(account, .status([name], sized: items.contains(.size)))) { engine, answer, output in
            if case .statuses(let statuses) = answer, let status = statuses.first ?? nil {
                engine.write(status, items, name, account, &output)
            }
            return engine.finish(answer, completion, &output)
        }
    }

    /// "STATUS" SP mailbox SP "(" [status-att-list] ")"
    func write(
        _ status: MailboxStatus, _ items: [StatusItem], _ name: MailboxName, _ account: any IMAPAccount,
        _ output: inout ByteBuffer
    ) {
        output.writeStaticString("* STATUS ")
        ResponseText.appendMailbox(naming(account).encode(name), to: &output)
        let values = items.map { item in
            switch item {
            case .messages: "MESSAGES \(status.messages)"
            case .recent: "RECENT \(status.recent)"
            case .uidNext: "UIDNEXT \(status.uidNext)"
            case .uidValidity: "UIDVALIDITY \(status.uidValidity)"
            case .unseen: "UNSEEN \(status.unseen)"
            case .appendLimit: "APPENDLIMIT \(options.messageSize)"
            case .highestModSeq: "HIGHESTMODSEQ \(status.highestModSeq)"
            case .size: "SIZE \(status.size ?? 0)"
            case .deleted: "DELETED \(status.deleted)"
            case .deletedStorage: "DELETED-STORAGE \(status.deletedStorage)"
            case .mailboxID: "MAILBOXID (\(ObjectID.mailbox(status.identity) ?? ObjectID.unknown))"
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
            let tree = MailboxTree(listings, engine.naming(account))
            let found = tree.list(request)
            for line in found { MailboxTree.write(line, "LIST", separator: account.naming.separator, &output) }
            let names = found.filter { $0.isSelectable }.map(\.name)
            guard !request.returnsStatus.isEmpty, !names.isEmpty else { return engine.finish(completion, &output) }
            let isSized = request.returnsStatus.contains(.size)
            return engine.wait(.account(account, .status(names, sized: isSized))) { engine, answer, output in
                if case .statuses(let statuses) = answer {
                    for (name, status) in zip(names, statuses) {
                        if let status { engine.write(status, request.returnsStatus, name, account, &output) }
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
                let tree = MailboxTree(listings, engine.naming(account))
                for line in tree.listSubscribed(pattern) {
                    MailboxTree.write(line, "LSUB", separator: account.naming.separator, &output)
                }
            }
            return engine.finish(answer, completion, &output)
        }
    }
}
