package import MailModel

/// What becomes of a login before anybody is asked about it.
package struct LoginNameRules: Sendable {
    /// Which octets a login may hold.
    package enum Characters: Hashable, Sendable {
        /// All but controls, blanks, `/` and `:`; a login becomes part of paths.
        case unrestricted
        /// Dovecot's `auth_username_chars`.
        case only(Set<UInt8>)
    }

    package var characters: Characters
    /// Octets that stand for others, `%` or `#` for `@`: Dovecot's `auth_username_translation`.
    package var translation: [UInt8: UInt8]
    /// Added to a login without `@`: Dovecot's `auth_default_realm`.
    package var defaultDomain: Domain?
    /// What databases are asked for: Dovecot's `auth_username_format`.
    package var format: Template

    package init(
        characters: Characters = .unrestricted, translation: [UInt8: UInt8] = [:], defaultDomain: Domain? = nil,
        format: Template = Self.lowercaseUser
    ) {
        self.characters = characters
        self.translation = translation
        self.defaultDomain = defaultDomain
        self.format = format
    }

    /// `%Lu`.
    package static let lowercaseUser = Template(
        text: "%Lu", segments: [.variable(.login(.user), [.lowercase], .whole)])

    /// Letters, digits and `.-_@`.
    package static let dovecotCharacters = Characters.only(
        Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567890.-_@".utf8))

    /// Nil for what is no login here: empty, over 320 octets, with a forbidden octet, or `.` or `..` before the `@`.
    package func normalize(_ login: [UInt8], _ variables: LoginVariables) -> [UInt8]? {
        guard !login.isEmpty, login.count <= 320 else { return nil }
        var login = translation.isEmpty ? login : login.map { translation[$0] ?? $0 }
        if let defaultDomain, !login.contains(UInt8(ascii: "@")) {
            login += [UInt8(ascii: "@")] + defaultDomain.bytes
        }
        guard login.allSatisfy(isAllowed) else { return nil }
        var variables = variables
        variables.user = login
        variables.originalUser = login
        let name = format.render(variables)
        variables.user = name
        let local = variables[.username]
        guard !name.isEmpty, name.count <= 320, name.allSatisfy(isAllowed),
            !local.elementsEqual(".".utf8), !local.elementsEqual("..".utf8)
        else { return nil }
        return name
    }

    private func isAllowed(_ byte: UInt8) -> Bool {
        switch characters {
        case .unrestricted:
            byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "/") && byte != UInt8(ascii: ":")
        case .only(let characters): byte != 0 && characters.contains(byte)
        }
    }
}
