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
        let old = selected?.mailbox
        selected = nil
        if old != nil { output.writeStaticString("* OK [CLOSED] Previous mailbox closed.\r\n") }
        return open(
            name, Selection(tag: tag, readOnly: readOnly, parameters: parameters, account: account), closing: old)
    }

    private struct Selection: Sendable {
        var tag: [UInt8]
        var readOnly: Bool
        var parameters: SelectParameters
        var account: any IMAPAccount
        /// As the client wrote it, where that was not the name's normal form.
        var asked: MailboxName?
    }

    private mutating func open(_ name: MailboxName, _ selection: Selection, closing old: (any IMAPMailbox)?) -> Step {
        let account = selection.account
        let readOnly = selection.readOnly
        return wait(.open(account, name, readOnly: readOnly, closing: old)) { engine, answer, output in
            guard case .opened(let mailbox, let view, let firstRecent) = answer else {
                // RFC 9051 §6.3.9.7: the mailbox has the name in its normal form.
                let normalized = engine.normalized(name)
                if case .failed(let failure) = answer, failure.kind == .noSuchMailbox, normalized != name {
                    var selection = selection
                    selection.asked = name
                    return engine.open(normalized, selection, closing: nil)
                }
                return engine.finish(answer, Completion(tag: selection.tag, text: ""), &output)
            }
            // RFC 4314 §5.2: who may change nothing has it open for reading only.
            let readOnly = readOnly || mailbox.rights.isDisjoint(with: .changing)
            let selected = SelectedMailbox(mailbox, name, view, firstRecentUID: firstRecent, isReadOnly: readOnly)
            engine.selected = selected
            if selection.parameters.condstore { engine.enabled.insert(.condstore) }
            engine.writeSelection(selected, asked: selection.asked, account, &output)
            let command = selection.readOnly ? "Examine" : "Select"
            let text = readOnly ? "OK [READ-ONLY] \(command) completed." : "OK [READ-WRITE] Select completed."
            let completion = Completion(tag: selection.tag, text: text)
            if let known = selection.parameters.qresync {
                return engine.resynchronize(selected, known, completion, &output)
            }
            return engine.reply(selection.tag, text, &output)
        }
    }

    private func writeSelection(
        _ selected: SelectedMailbox, asked: MailboxName?, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) {
        let view = selected.told
        FlagsResponse.appendMailboxFlags(view.keywords, permanent: selected.permanentRights, enabled, to: &output)
        output.writeString("* \(view.count) EXISTS\r\n")
        if enabled.showsRecent {
            output.writeString("* \(selected.recent.count(in: view)) RECENT\r\n")
            if let unseen = view.flags.firstIndex(where: { !$0.contains(.seen) }) {
                output.writeString("* OK [UNSEEN \(unseen + 1)] First unseen.\r\n")
            }
        }
        output.writeString("* OK [UIDVALIDITY \(view.uidValidity)] UIDs valid\r\n")
        output.writeString("* OK [UIDNEXT \(view.uidNext)] Predicted next UID\r\n")
        output.writeString("* OK [HIGHESTMODSEQ \(view.highestModSeq)] Highest\r\n")
        if let identity = ObjectID.mailbox(view.identity) {
            output.writeString("* OK [MAILBOXID (\(identity))] Ok\r\n")
        }
        // RFC 9051 §6.3.2
        guard enabled.contains(.imap4rev2) else { return }
        let naming = naming(account)
        let line = MailboxTree.Line(
            name: selected.name, wire: naming.encode(selected.name), attributes: [], isSelectable: true,
            oldName: asked.map(naming.encode))
        MailboxTree.write(line, "LIST", separator: naming.separator, &output)
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
        if request.returnsRights, !account.hasAccessControl {
            return reject(tag, "BAD Error in IMAP command: Unknown return option.", &output)
        }
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
            guard !names.isEmpty else { return engine.finish(completion, &output) }
            let matching = found.filter { $0.isSelectable && $0.matchesSelection }.map(\.name)
            guard request.returnsRights, !matching.isEmpty else {
                return engine.listMore(names, request, account, completion, &output)
            }
            return engine.listRights(matching, account) { engine, output in
                engine.listMore(names, request, account, completion, &output)
            }
        }
    }

    /// What else LIST returns of the mailboxes that it has shown.
    private mutating func listMore(
        _ names: [MailboxName], _ request: ListRequest, _ account: any IMAPAccount, _ completion: Completion,
        _ output: inout ByteBuffer
    ) -> Step {
        guard !request.returnsMetadata.isEmpty, account.keepsMetadata else {
            return listStatus(names, request.returnsStatus, account, completion, &output)
        }
        return listMetadata(names, request.returnsMetadata, account) { engine, output in
            engine.listStatus(names, request.returnsStatus, account, completion, &output)
        }
    }

    /// LIST … RETURN (STATUS …) (RFC 5819 §2).
    private mutating func listStatus(
        _ names: [MailboxName], _ items: [StatusItem], _ account: any IMAPAccount, _ completion: Completion,
        _ output: inout ByteBuffer
    ) -> Step {
        guard !items.isEmpty else { return finish(completion, &output) }
        // RFC 7162 §3.1: as STATUS itself.
        if items.contains(.highestModSeq) { enableCondstore(&output) }
        return wait(.account(account, .status(names, sized: items.contains(.size)))) { engine, answer, output in
            if case .statuses(let statuses) = answer {
                for (name, status) in zip(names, statuses) {
                    if let status { engine.write(status, items, name, account, &output) }
                }
            }
            return engine.finish(answer, completion, &output)
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
