import Directory
import SiteConfiguration

/// ACCOUNT_PROVISIONER=FILE: accounts of `postfix-accounts.cf`.
extension Composition {
    private static let at = UInt8(ascii: "@")
    private static let bar = UInt8(ascii: "|")
    private static let colon = UInt8(ascii: ":")

    mutating func composeAccounts() {
        var mailboxes = SourceText(path: "/etc/postfix/vmailbox", lines: [])
        var users = SourceText(path: "/etc/dovecot/userdb", lines: [])
        let owner =
            ":\(environment.value("DMS_VMAIL_UID", or: "5000").value):"
            + "\(environment.value("DMS_VMAIL_GID", or: "5000").value)::/var/mail/"
        let accounts = configurationLines(Paths.accounts) ?? []
        let quotas = configurationFile("dovecot-quotas.cf")?.lines ?? []
        if accounts.isEmpty {
            draft.warning(
                at: environment.location("ACCOUNT_PROVISIONER"),
                "there is no account in postfix-accounts.cf; docker-mailserver would give up waiting for one",
                remedy:
                    "put the config volume's folder beside the file, or say where with --map /tmp/docker-mailserver=FOLDER"
            )
        }
        for line in accounts {
            let fields = Self.fields(line.bytes, count: 3)
            let login = fields[0]
            let (user, domain) = Self.halves(login)
            var attributes = fields[2]
            attributes = Self.with(Self.quota(of: user + [Self.at] + domain, in: quotas), attributes)
            Self.appendOnce(
                login + Array(" ".utf8) + domain + Array("/".utf8) + user + Array("/".utf8), line, &mailboxes)
            let home = domain + Array("/".utf8) + user + Array("/home::".utf8)
            Self.appendOnce(login + [Self.colon] + fields[1] + Array(owner.utf8) + home + attributes, line, &users)
        }
        if environment.isOne("ENABLE_QUOTAS", or: true) {
            composeAliasAccounts(accounts, quotas, owner, &users)
        }
        put(mailboxes)
        put(users)
        composeMasters()
    }

    /// An alias of one account is a user of its own with that account's password, so that its quota can be asked for.
    private func composeAliasAccounts(
        _ accounts: [SourceText.Line], _ quotas: [SourceText.Line], _ owner: String, _ users: inout SourceText
    ) {
        for line in configurationLines(Paths.aliases) ?? [] {
            let words = line.bytes.split(whereSeparator: SourceText.Line.isBlank)
            guard words.count >= 2, words[0].contains(Self.at) else { continue }
            let alias = Array(words[0])
            let target = Array(line.bytes[words[1].startIndex...])
                .reversed().drop(while: SourceText.Line.isBlank).reversed()
            guard let account = accounts.first(where: { Self.finds(Array(target), $0.bytes, ignoringCase: false) })
            else {
                continue
            }
            let prefix = alias + [Self.colon]
            guard !users.lines.contains(where: { Self.lowercased($0.bytes).starts(with: Self.lowercased(prefix)) })
            else {
                continue
            }
            let fields = Self.fields(account.bytes, count: 3)
            let (user, domain) = Self.halves(Array(target))
            let attributes = Self.with(Self.quota(of: Array(target), in: quotas), fields[2])
            let home = domain + Array("/".utf8) + user + Array("::".utf8)
            users.lines.append(
                SourceText.Line(prefix + fields[1] + Array(owner.utf8) + home + attributes, at: line.location))
        }
    }

    private mutating func composeMasters() {
        guard let masters = configurationLines("dovecot-masters.cf") else { return }
        var users = SourceText(path: "/etc/dovecot/masterdb", lines: [])
        for line in masters {
            let fields = Self.fields(line.bytes, count: 2)
            Self.appendOnce(fields[0] + [Self.colon] + fields[1], line, &users)
        }
        put(users)
        let location = masters.first?.location ?? .mailserverDefault
        edit("/etc/dovecot/conf.d/10-auth.conf") { text in
            text.rewriteLines(at: location) { $0 == "#!include auth-master.inc" ? "!include auth-master.inc" : nil }
        }
    }

    // MARK: The scripts' own ways of taking lines apart

    /// `IFS='|' read`: the last field takes the rest. Always `count` fields.
    static func fields(_ bytes: [UInt8], count: Int) -> [[UInt8]] {
        var fields = bytes.split(separator: bar, maxSplits: count - 1, omittingEmptySubsequences: false).map(Array.init)
        while fields.count < count { fields.append([]) }
        if var last = fields.last, last.last == bar, last.count(where: { $0 == bar }) == 1 {
            last.removeLast()
            fields[count - 1] = last
        }
        return fields
    }

    /// `cut -d @ -f1` and `-f2`: a name without `@` is both.
    static func halves(_ login: [UInt8]) -> (user: [UInt8], domain: [UInt8]) {
        let parts = login.split(separator: at, omittingEmptySubsequences: false)
        guard parts.count >= 2 else { return (login, login) }
        return (Array(parts[0]), Array(parts[1]))
    }

    /// The second field of the first line in which `grep -i "ADDRESS:"` finds something, if there are two.
    private static func quota(of address: [UInt8], in quotas: [SourceText.Line]) -> [UInt8]? {
        guard let line = quotas.first(where: { finds(address + [colon], $0.bytes, ignoringCase: true) }) else {
            return nil
        }
        var parts = line.bytes.split(separator: colon, omittingEmptySubsequences: false)
        if parts.last?.isEmpty == true { parts.removeLast() }
        return parts.count == 2 ? Array(parts[1]) : nil
    }

    /// `grep PATTERN`, where an address is taken for a pattern: its dots stand for any character.
    private static func finds(_ pattern: [UInt8], _ line: [UInt8], ignoringCase: Bool) -> Bool {
        let pattern = ignoringCase ? lowercased(pattern) : pattern
        let line = ignoringCase ? lowercased(line) : line
        if let expression = BasicRegularExpression(pattern, syntax: .basic) {
            return expression.firstMatch(in: line) != nil
        }
        return line.firstRange(of: pattern) != nil
    }

    private static func with(_ quota: [UInt8]?, _ attributes: [UInt8]) -> [UInt8] {
        guard let quota else { return attributes }
        return (attributes.isEmpty ? [] : attributes + Array(" ".utf8)) + Array("userdb_quota_rule=*:bytes=".utf8)
            + quota
    }

    /// Unless a line of the file contains it already (`grep -qF`).
    private static func appendOnce(_ bytes: [UInt8], _ source: SourceText.Line, _ text: inout SourceText) {
        guard !text.lines.contains(where: { $0.bytes == bytes || $0.bytes.firstRange(of: bytes) != nil }) else {
            return
        }
        text.lines.append(SourceText.Line(bytes, at: source.location))
    }

    static func lowercased(_ bytes: [UInt8]) -> [UInt8] {
        bytes.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
    }
}
