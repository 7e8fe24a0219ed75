/// A schema that many directories have, written in the vocabulary of `postroom.yaml`; a site's own keys go over it.
package enum Preset: String, CaseIterable, Sendable {
    case postfixUser = "postfix-user"
    case postfixBook = "postfix-book"
    case qmail
    case evolution
    case activeDirectory = "active-directory"
    case inetOrgPerson = "inetorgperson"

    package var yaml: String {
        switch self {
        case .postfixUser: Self.postfixUserYAML
        case .postfixBook: Self.postfixBookYAML
        case .qmail: Self.qmailYAML
        case .evolution: Self.evolutionYAML
        case .activeDirectory: Self.activeDirectoryYAML
        case .inetOrgPerson: Self.inetOrgPersonYAML
        }
    }
}
