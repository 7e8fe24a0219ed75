import MailModel
import NIOCore
import Net
import SASL

extension IMAPServerEngine {
    /// What this session offers in its present state (RFC 3501 §6.1.1).
    var capabilities: String {
        var names = ["IMAP4rev1", "IMAP4rev2", "SASL-IR", "LITERAL+", "ID", "ENABLE", "IDLE"]
        if account == nil {
            if !isSecure, options.offersStartTLS { names.append("STARTTLS") }
            if maySendPassword {
                names += options.mechanisms.map { "AUTH=\($0)" }
            }
            // LOGIN hands a password over as PLAIN does (RFC 3501 §6.2.3).
            if !maySendPassword || !options.mechanisms.contains(.plain) { names.append("LOGINDISABLED") }
        } else {
            names += [
                "NAMESPACE", "UIDPLUS", "UNSELECT", "CHILDREN", "MOVE", "SPECIAL-USE", "CREATE-SPECIAL-USE",
                "LIST-EXTENDED", "LIST-STATUS", "MULTIAPPEND", "CATENATE", "BINARY", "REPLACE", "UTF8=ACCEPT",
                "UNAUTHENTICATE", "APPENDLIMIT=\(options.messageSize)", "CONDSTORE", "QRESYNC", "OBJECTID", "SAVEDATE",
                "PREVIEW", "STATUS=SIZE", "UIDONLY",
            ]
            // RFC 4978 §3: not again.
            if !isCompressing { names.append("COMPRESS=DEFLATE") }
            names += Self.searchCapabilities + Self.quotaCapabilities + Self.notifyCapabilities
            if account?.keepsMetadata ?? false { names += Self.metadataCapabilities }
            if account?.hasAccessControl ?? false { names += Self.accessControlCapabilities }
        }
        return names.joined(separator: " ")
    }

    var maySendPassword: Bool { isSecure || options.allowsPlaintextLogin }

    mutating func perform(_ command: IMAPCommand, _ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        switch command {
        case .capability:
            output.writeString("* CAPABILITY \(capabilities)\r\n")
            return finish(Completion(tag: tag, text: "OK Capability completed."), &output)
        case .logout:
            output.writeStaticString("* BYE Logging out\r\n")
            _ = reply(tag, "OK Logout completed.", &output)
            return .close
        case .id:
            identify(&output)
            return finish(Completion(tag: tag, text: "OK ID completed."), &output)
        case .noop: return refresh(tag, "OK NOOP completed.", &output)
        case .startTLS, .authenticate, .logIn: return performBeforeLogin(command, tag, &output)
        default: break
        }
        guard let account else { return reject(tag, "BAD Log in first.", &output) }
        if needsUIDs(command) {
            return reject(tag, "BAD [UIDREQUIRED] Message sequence numbers are not used in this session.", &output)
        }
        switch command {
        case .check, .close, .unselect, .expunge, .search, .cancelUpdate, .fetch, .store, .copy, .move:
            guard let selected else { return reject(tag, "BAD No mailbox selected.", &output) }
            return perform(command.replacingSavedResult(of: selected), tag, account, selected, &output)
        default: return perform(command, tag, account, &output)
        }
    }

    /// id_params_list, NIL when there is nothing to say (RFC 2971 §3.2).
    private func identify(_ output: inout ByteBuffer) {
        guard !options.identification.isEmpty else {
            output.writeStaticString("* ID NIL\r\n")
            return
        }
        output.writeStaticString("* ID (")
        for (index, parameter) in options.identification.enumerated() {
            if index > 0 { output.writeStaticString(" ") }
            ResponseText.appendString(Array(parameter.field.utf8), to: &output)
            output.writeStaticString(" ")
            ResponseText.appendString(Array(parameter.value.utf8), to: &output)
        }
        output.writeStaticString(")\r\n")
    }

    /// NOOP and CHECK: the moment to look at the disk for deliveries by other programs.
    mutating func refresh(_ tag: [UInt8], _ text: String, _ output: inout ByteBuffer) -> Step {
        let completion = Completion(tag: tag, text: text)
        guard let selected else { return finish(completion, &output) }
        return waitToFinish(.mailbox(selected.mailbox, .refresh(claimsRecent: false)), completion)
    }

    private mutating func perform(
        _ command: IMAPCommand, _ tag: [UInt8], _ account: any IMAPAccount, _ selected: SelectedMailbox,
        _ output: inout ByteBuffer
    ) -> Step {
        switch command {
        case .check: return refresh(tag, "OK Check completed.", &output)
        case .close: return close(tag, "OK Close completed.", expunges: !selected.isReadOnly)
        // RFC 3691
        case .unselect: return close(tag, "OK Unselect completed.", expunges: false)
        case .expunge(let set): return expunge(tag, set, selected, &output)
        case .search(let request): return search(tag, request, selected, &output)
        case .cancelUpdate(let tags): return cancelUpdates(tag, tags, &output)
        case .fetch(let set, let items, let byUID, let modifiers):
            return fetch(tag, set, items, byUID: byUID, modifiers, selected, &output)
        case .store(let set, let change, let isSilent, let byUID, let unchangedSince):
            return store(
                tag, set, change, isSilent: isSilent, byUID: byUID, unchangedSince: unchangedSince, selected, &output)
        case .copy(let set, let target, let byUID):
            return copy(tag, set, to: target, byUID: byUID, account, selected, &output)
        case .move(let set, let target, let byUID):
            return move(tag, set, to: target, byUID: byUID, account, selected, &output)
        default: return reject(tag, "BAD Unknown command.", &output)
        }
    }

    private mutating func perform(
        _ command: IMAPCommand, _ tag: [UInt8], _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        switch command {
        case .select(let name, let readOnly, let parameters):
            return select(tag, name, readOnly: readOnly, parameters, account, &output)
        case .create(let name, let use):
            return create(tag, name, use, account, &output)
        case .delete(let name): return delete(tag, name, account, &output)
        case .subscribe(let name):
            return change(tag, name, account, "OK Subscribe completed.", &output) { .subscribe($0) }
        case .unsubscribe(let name):
            return change(tag, name, account, "OK Unsubscribe completed.", &output) { .unsubscribe($0) }
        case .rename(let name, let newName): return rename(tag, name, to: newName, account, &output)
        case .list(let request): return list(tag, request, account, &output)
        case .lsub(let reference, let pattern): return listSubscribed(tag, reference + pattern, account)
        case .status(let name, let items): return status(tag, name, items, account, &output)
        case .getQuota(let root): return getQuota(tag, root, account, &output)
        case .getQuotaRoot(let name): return getQuotaRoot(tag, name, account, &output)
        case .setQuota(let root): return setQuota(tag, root, account, &output)
        case .namespace: return namespace(tag, account, &output)
        case .accessControl(let command): return accessControl(tag, command, account, &output)
        case .getMetadata(let request) where account.keepsMetadata: return getMetadata(tag, request, account, &output)
        case .setMetadata(let name, let changes) where account.keepsMetadata:
            return setMetadata(tag, name, changes, account, &output)
        case .notify(let request): return notify(tag, request, account, &output)
        case .enable(let names): return enable(names, tag, &output)
        case .compress(let mechanism): return compress(tag, mechanism, &output)
        case .unauthenticate: return unauthenticate(tag, &output)
        case .idle: return startIdle(tag, &output)
        case .multisearch(let request): return multisearch(tag, request, account, &output)
        default: return reject(tag, "BAD Unknown command.", &output)
        }
    }
}
