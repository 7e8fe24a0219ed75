package import MailModel

/// The commands of RFC 4314 §3, each with its mailbox as on the wire.
package enum AccessControlCommand: Hashable, Sendable {
    /// How SETACL changes what an identifier has.
    package enum Change: Hashable, Sendable {
        case replace(MailboxRights)
        case add(MailboxRights)
        case remove(MailboxRights)
    }

    /// Of whom an entry speaks, and whether it takes rights.
    package struct Identifier: Hashable, Sendable {
        package var identifier: AccessIdentifier
        package var isNegative: Bool
        /// As the client wrote it.
        package var wire: [UInt8]
    }

    case get([UInt8])
    case set([UInt8], Identifier, Change)
    case delete([UInt8], Identifier)
    case listRights([UInt8], Identifier)
    case myRights([UInt8])

    var mailbox: [UInt8] {
        switch self {
        case .get(let name), .set(let name, _, _), .delete(let name, _), .listRights(let name, _), .myRights(let name):
            name
        }
    }
}

/// What an account says to an `AccessControlCommand`.
package enum AccessControlAnswer: Hashable, Sendable {
    case done
    /// A mailbox's own, and what the site says of it, which no client changes.
    case list(AccessControlList, site: AccessControlList = AccessControlList())
    case rights(MailboxRights)
}

extension AccessIdentifier {
    /// As Dovecot has them: a plain name is a user, `$name` a group; Courier's `user=` and `group=` are understood too.
    init?(imap text: Substring) {
        switch text {
        case "": return nil
        case "anyone": self = .anyone
        case "authenticated": self = .authenticated
        case "owner": self = .owner
        default:
            let forms: [(String, (String) -> AccessIdentifier)] = [
                ("!$", { .groupOverride($0) }), ("group-override=", { .groupOverride($0) }), ("$", { .group($0) }),
                ("group=", { .group($0) }), ("user=", { .user($0) }),
            ]
            for (prefix, make) in forms where text.hasPrefix(prefix) {
                guard text.count > prefix.count else { return nil }
                self = make(String(text.dropFirst(prefix.count)))
                return
            }
            // `#` is Dovecot's mark of an entry of the site, which no client changes.
            guard text.first != "#" else { return nil }
            self = .user(String(text))
        }
    }

    var imapText: String {
        switch self {
        case .anyone: "anyone"
        case .authenticated: "authenticated"
        case .owner: "owner"
        case .group(let name): "$\(name)"
        case .groupOverride(let name): "!$\(name)"
        case .user(let name): AccessIdentifier(imap: name[...]) == self ? name : "user=\(name)"
        }
    }
}

extension GrammarReader {
    /// getacl = "GETACL" SP mailbox, setacl = "SETACL" SP mailbox SP identifier SP mod-rights, deleteacl, listrights, myrights
    mutating func accessControl(_ name: String) throws(IMAPSyntaxError) -> AccessControlCommand {
        let mailbox = try astring()
        switch name {
        case "GETACL": return .get(mailbox)
        case "MYRIGHTS": return .myRights(mailbox)
        default: break
        }
        try space()
        let identifier = try accessIdentifier()
        switch name {
        case "DELETEACL": return .delete(mailbox, identifier)
        case "LISTRIGHTS": return .listRights(mailbox, identifier)
        default:
            try space()
            return .set(mailbox, identifier, try modifiedRights())
        }
    }

    private mutating func accessIdentifier() throws(IMAPSyntaxError) -> AccessControlCommand.Identifier {
        let wire = try astring()
        guard wire.count <= 255, let text = String(validating: wire, as: UTF8.self),
            !wire.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else { throw IMAPSyntaxError("Invalid identifier") }
        let isNegative = text.hasPrefix("-")
        guard let identifier = AccessIdentifier(imap: isNegative ? text.dropFirst() : text[...]) else {
            throw IMAPSyntaxError("Invalid identifier")
        }
        return AccessControlCommand.Identifier(identifier: identifier, isNegative: isNegative, wire: wire)
    }

    /// mod-rights = astring ; "+" or "-" in front adds or removes
    private mutating func modifiedRights() throws(IMAPSyntaxError) -> AccessControlCommand.Change {
        var letters = (try astring())[...]
        let sign = letters.first
        let isChange = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
        if isChange { letters = letters.dropFirst() }
        // RFC 4314 §2.1: rights are in lower case, and an unknown one is BAD.
        guard letters.count <= 64, let rights = MailboxRights(letters: letters) else {
            throw IMAPSyntaxError("Unknown rights")
        }
        return isChange ? (sign == UInt8(ascii: "+") ? .add(rights) : .remove(rights)) : .replace(rights)
    }
}
