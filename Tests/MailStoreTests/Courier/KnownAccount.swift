import MailModel
import MailStore
import Testing

/// What clients know of an account, whoever serves it.
struct KnownAccount: Equatable {
    struct Mailbox: Equatable {
        var uidValidity: UInt32 = 0
        /// Flags and keywords by UID.
        var messages: [UInt32: Set<String>] = [:]
    }

    /// By name, parts joined with `/`.
    var mailboxes: [String: Mailbox] = [:]
    var subscriptions: Set<String> = []
}

extension MailboxStore {
    func known(_ name: String) async throws -> KnownAccount.Mailbox {
        let view = try await open(name).refresh()
        var mailbox = KnownAccount.Mailbox(uidValidity: view.uidValidity)
        let names: [(MessageFlags, String)] = [
            (.seen, "\\Seen"), (.answered, "\\Answered"), (.flagged, "\\Flagged"), (.deleted, "\\Deleted"),
            (.draft, "\\Draft"),
        ]
        for (uid, flags) in zip(view.uids, view.flags) {
            mailbox.messages[uid] = Set(
                names.filter { flags.contains($0.0) }.map(\.1) + flags.keywordIndexes.map { view.keywords[$0] })
        }
        return mailbox
    }

    func known() async throws -> KnownAccount {
        var account = KnownAccount()
        for listing in try await list() {
            let name = listing.name.description
            if listing.isSelectable { account.mailboxes[name] = try await known(name) }
            if listing.isSubscribed { account.subscriptions.insert(name) }
        }
        return account
    }
}

extension Dovecot {
    /// - Parameter separator: of its folders' names.
    func known(_ names: some Sequence<String>, separator: String) async throws -> KnownAccount {
        func theirs(_ name: String) -> String { name.replacing("/", with: separator) }
        func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }
        var account = KnownAccount()
        for name in names {
            var mailbox = KnownAccount.Mailbox()
            let status = try await self("-f", "tab", "mailbox", "status", "uidvalidity", theirs(name))
            mailbox.uidValidity = lines(status).last?.split(separator: "\t").last.flatMap { UInt32($0) } ?? 0
            for row in try await fetch("uid flags", mailbox: theirs(name)) {
                let uid = try #require(row.first.flatMap { UInt32($0) })
                mailbox.messages[uid] = Set(row[1].split(separator: " ").map(String.init)).subtracting(["\\Recent"])
            }
            account.mailboxes[name] = mailbox
        }
        account.subscriptions = Set(
            lines(try await self("mailbox", "list", "-s")).map { $0.replacing(separator, with: "/") })
        return account
    }
}

extension Courier {
    /// As its clients call a mailbox of the account's own.
    static func name(_ name: String) -> String {
        guard name != "INBOX" else { return name }
        let parts = name.split(separator: "/").map {
            String(decoding: ModifiedUTF7.encode(Array($0.utf8)) ?? [], as: UTF8.self)
        }
        return "\"INBOX.\(parts.joined(separator: "."))\""
    }

    /// What a client sees that opens the mailbox now.
    func known(_ name: String) async throws -> KnownAccount.Mailbox {
        var mailbox = KnownAccount.Mailbox()
        for line in try await self("SELECT \(Self.name(name))", "UID FETCH 1:* (FLAGS)").split(separator: "\r\n") {
            if let start = line.firstRange(of: "[UIDVALIDITY ") {
                mailbox.uidValidity = UInt32(line[start.upperBound...].prefix { $0 != "]" }) ?? 0
            }
            guard line.contains(" FETCH ("), let uid = line.firstRange(of: "UID "),
                let flags = line.firstRange(of: "FLAGS (")
            else {
                continue
            }
            let number = try #require(UInt32(line[uid.upperBound...].prefix { $0.isNumber }))
            mailbox.messages[number] = Set(
                line[flags.upperBound...].prefix { $0 != ")" }.split(separator: " ").map(String.init)
                    .filter { $0 != "\\Recent" })
        }
        return mailbox
    }

    func subscriptions() async throws -> Set<String> {
        var names: Set<String> = []
        for line in try await self(#"LSUB "" "*""#).split(separator: "\r\n") {
            // * LSUB (\HasNoChildren) "." "INBOX.C d"
            guard line.hasPrefix("* LSUB"), !line.contains("Noselect"), let start = line.firstRange(of: "\".\" ") else {
                continue
            }
            let parts = line[start.upperBound...].filter { $0 != "\"" }.split(separator: ".").map { part in
                String(decoding: ModifiedUTF7.decode(Array(part.utf8)) ?? [], as: UTF8.self)
            }
            names.insert(parts.count > 1 ? parts.dropFirst().joined(separator: "/") : "INBOX")
        }
        return names
    }

    func known(_ names: some Sequence<String>) async throws -> KnownAccount {
        var account = KnownAccount()
        for name in names { account.mailboxes[name] = try await known(name) }
        account.subscriptions = try await subscriptions()
        return account
    }
}
