import Accounts
import Directory
import MailModel
import Routing
import SiteConfiguration

/// A login for programs. Members are added over time, never renamed.
extension LoginExplanation {
    func document(_ refusal: Words) -> JSONText {
        var members: [(String, JSONText)] = [
            ("login", .string(login)), ("service", .string(service.rawValue)),
        ]
        switch foresight.outcome {
        case .accepted(let account):
            members.append(("outcome", .string("accepted")))
            members.append(("dependsOnPassword", .bool(foresight.dependsOnPassword)))
            members.append(("account", document(of: account)))
            members.append(("messageSize", .number(Int64(clamping: messageSize))))
            members.append(("namespaces", .array(namespaces.map(document))))
            if let rights { members.append(("senders", document(of: rights))) }
        case .rejected(let reason):
            members.append(("outcome", .string("rejected")))
            members.append(("reason", .string(reason.rawValue)))
        case .unavailable(let reason):
            members.append(("outcome", .string("unavailable")))
            members.append(("kind", .string(reason.kind.rawValue)))
            members.append(("reason", .string(reason.text)))
        }
        members.append(("imap", .string(words.imap)))
        members.append(("smtp", .string(words.smtp)))
        members.append(
            (
                "wrongPassword",
                .object([("imap", .string(refusal.imap)), ("smtp", .string(refusal.smtp))])
            ))
        members.append(("steps", .array(foresight.steps.map(ResolutionJSON.document))))
        return .object(members)
    }

    private func document(of account: Account) -> JSONText {
        var members: [(String, JSONText)] = [
            ("login", .string(account.login)), ("identity", .string(account.identity)),
        ]
        switch account.location {
        case .here(let location):
            members += [
                ("format", .string(location.format.rawValue)), ("path", .bytes(location.path)),
                ("layout", .string(location.layout.rawValue)),
            ]
            for (name, path) in [("inbox", location.inbox), ("control", location.control), ("index", location.index)] {
                if let path { members.append((name, .bytes(path))) }
            }
        case .elsewhere(let host): members.append(("host", .string(host)))
        }
        members += [
            ("uid", .number(Int64(account.owner.uid))), ("gid", .number(Int64(account.owner.gid))),
            ("quotaBytes", number(account.quota.storage)), ("quotaMessages", number(account.quota.messages)),
            ("usedBytes", number(usage?.usage.storage)), ("usedMessages", number(usage?.usage.messages)),
        ]
        return .object(members)
    }

    private func document(_ space: NamespaceModel) -> JSONText {
        .object([
            ("name", .string(space.name)), ("type", .string(space.kind.value.rawValue)),
            ("prefix", .string(space.prefix?.value ?? "")), ("inbox", .bool(space.isInbox)),
        ])
    }

    private func document(of rights: SenderRights) -> JSONText {
        .object([
            ("checked", .bool(rights.isChecked)), ("addresses", .array(rights.addresses.map(JSONText.string))),
            ("notes", .array(rights.notes.map(JSONText.string))),
            ("steps", .array(rights.steps.map(ResolutionJSON.document))),
        ])
    }

    private func number(_ value: UInt64?) -> JSONText {
        value.map { .number(Int64(clamping: $0)) } ?? .null
    }
}
