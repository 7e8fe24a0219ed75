import MailModel
import NIOCore
import Net

/// NAMESPACE (RFC 2342) and ACL (RFC 4314).
extension IMAPServerEngine {
    /// §2.2: all of the rights that RFC 2086 didn't know.
    static let accessControlCapabilities = ["ACL", "RIGHTS=texk", "LIST-MYRIGHTS"]

    mutating func namespace(_ tag: [UInt8], _ account: any IMAPAccount, _ output: inout ByteBuffer) -> Step {
        let naming = naming(account)
        let namespaces = naming.namespaceResponse()
        output.writeStaticString("* NAMESPACE")
        for kind in [nil, .otherUsers, .shared] as [SharedMailbox.Namespace?] {
            let those = namespaces.filter { $0.kind == kind }
            output.writeString(those.isEmpty ? " NIL" : " (")
            for namespace in those {
                output.writeStaticString("(")
                ResponseText.appendQuoted(namespace.prefix, to: &output)
                output.writeStaticString(" ")
                ResponseText.appendQuoted([naming.separator], to: &output)
                output.writeStaticString(")")
            }
            if !those.isEmpty { output.writeStaticString(")") }
        }
        output.writeStaticString("\r\n")
        return finish(Completion(tag: tag, text: "OK Namespace completed."), &output)
    }

    mutating func accessControl(
        _ tag: [UInt8], _ command: AccessControlCommand, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard account.hasAccessControl else { return reject(tag, "BAD Unknown command.", &output) }
        guard let name = name(command.mailbox) else { return rejectName(tag, &output) }
        return wait(.account(account, .accessControl(command, name))) { engine, answer, output in
            if case .accessControl(let answer) = answer {
                engine.write(answer, command, engine.naming(account).encode(name), &output)
            }
            let completion = Completion(tag: tag, text: "OK \(command.title) completed.")
            return engine.finish(answer, completion, &output)
        }
    }

    /// LIST … RETURN (MYRIGHTS) (RFC 8440 §3).
    mutating func listRights(
        _ names: [MailboxName], _ account: any IMAPAccount,
        then next: @escaping @Sendable (inout IMAPServerEngine, inout ByteBuffer) -> Step
    ) -> Step {
        wait(.account(account, .rights(names))) { engine, answer, output in
            if case .rights(let found) = answer {
                let naming = engine.naming(account)
                for (name, rights) in zip(names, found) {
                    guard let rights else { continue }
                    engine.write(.rights(rights), .myRights([]), naming.encode(name), &output)
                }
            }
            return next(&engine, &output)
        }
    }

    private func write(
        _ answer: AccessControlAnswer, _ command: AccessControlCommand, _ mailbox: [UInt8], _ output: inout ByteBuffer
    ) {
        func begin(_ response: String) {
            output.writeString("* \(response) ")
            ResponseText.appendMailbox(mailbox, to: &output)
        }
        func add(_ text: some Sequence<UInt8>) {
            output.writeStaticString(" ")
            ResponseText.appendAstring(Array(text), to: &output)
        }
        switch (command, answer) {
        case (.get, .list(let list, let site)):
            begin("ACL")
            let entries = list.entries.map { ($0, "") } + site.entries.map { ($0, "#") }
            for (entry, mark) in entries {
                let identifier = mark + entry.identifier.imapText
                if let rights = entry.rights {
                    add(identifier.utf8)
                    add(rights.textWithObsolete.utf8)
                }
                if let rights = entry.negativeRights {
                    add("-\(identifier)".utf8)
                    add(rights.textWithObsolete.utf8)
                }
            }
            output.writeStaticString("\r\n")
        case (.myRights, .rights(let rights)):
            begin("MYRIGHTS")
            add(rights.textWithObsolete.utf8)
            output.writeStaticString("\r\n")
        case (.listRights(_, let identifier), .rights(let always)):
            begin("LISTRIGHTS")
            add(identifier.wire)
            add(always.text.utf8)
            // §3.7: each of the others can be given by itself.
            for right in MailboxRights.all.subtracting(always).each { add(right.text.utf8) }
            output.writeStaticString("\r\n")
        default: break
        }
    }
}

extension AccessControlCommand {
    fileprivate var title: String {
        switch self {
        case .get: "Getacl"
        case .set: "Setacl"
        case .delete: "Deleteacl"
        case .listRights: "Listrights"
        case .myRights: "Myrights"
        }
    }
}
