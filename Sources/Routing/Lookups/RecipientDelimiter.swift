import LookupTables
import MailModel

/// `recipient_delimiter`: the characters that may separate a user from an extension, `user+extension`.
package struct RecipientDelimiter: Hashable, Sendable {
    package var characters: [UInt8]
    /// `owner_request_special`: with `-` among the characters, `owner-list` and `list-request` are whole names.
    package var ownerRequestSpecial: Bool

    package init(_ characters: String, ownerRequestSpecial: Bool = true) {
        self.characters = Array(characters.utf8)
        self.ownerRequestSpecial = ownerRequestSpecial
    }

    package static let none = RecipientDelimiter("")

    /// The delimiters that may split this local part: none for a name that Postfix never splits, `MAILER-DAEMON` and
    /// `double-bounce` among them.
    package func delimiters(for localPart: [UInt8]) -> [UInt8] {
        guard !characters.isEmpty else { return [] }
        let folded = ASCII.lowercased(localPart)
        if Self.neverSplit.contains(folded) { return [] }
        guard ownerRequestSpecial, characters.contains(UInt8(ascii: "-")) else { return characters }
        let isSpecial = folded.starts(with: "owner-".utf8) || folded.suffix(8).elementsEqual("-request".utf8)
        return isSpecial ? [] : characters
    }

    /// The local part without its extension.
    package func user(of localPart: [UInt8]) -> [UInt8] {
        AddressExtension.split(localPart, delimiters: delimiters(for: localPart)).map { Array($0.user) } ?? localPart
    }

    private static let neverSplit = ["mailer-daemon", "double-bounce"].map { Array($0.utf8) }
}
