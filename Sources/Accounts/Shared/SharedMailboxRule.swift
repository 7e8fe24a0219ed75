package import Directory
package import LDAP
package import MailModel

/// One way in which a directory says who sees whose mailbox, and what it says of that mailbox.
package struct SharedMailboxRule: Sendable {
    /// Who sees a mailbox: the one attribute that says it.
    package enum Readers: Hashable, Sendable {
        /// An attribute of the reader's entry, with the DNs of the entries that have the mailboxes.
        case listed(AttributeDescription)
        /// An attribute of the entry that has the mailbox, with the DNs of its readers; through groups within groups where
        /// `isNested` (Active Directory's rule of matching in a chain).
        case members(AttributeDescription, isNested: Bool)
        /// The same with logins.
        case logins(AttributeDescription)
    }

    /// The mailbox's path is a link to the folder that mail goes to, and that folder lies in a sharable Maildir, as Courier's
    /// filesystem-based shared folders do.
    package struct Link: Hashable, Sendable {
        package var deliveryFolder: AttributeDescription
        /// Replaced in the path of the link's parent: `/shared/` by `/shared.maildirs/`.
        package var path: [UInt8]
        package var maildir: [UInt8]

        package init(deliveryFolder: AttributeDescription, path: [UInt8], maildir: [UInt8]) {
            self.deliveryFolder = deliveryFolder
            self.path = path
            self.maildir = maildir
        }
    }

    /// For messages: `shared.rules[1]`.
    package var name: String
    package var source: any DirectorySource
    package var base: DistinguishedName
    package var scope: SearchScope
    package var filter: LDAPFilter
    package var readers: Readers
    package var namespace: SharedMailbox.Namespace
    /// Whether its entries are groups, whose names ACLs may hold.
    package var isGroup: Bool
    package var display: Template
    package var mapping: AttributeMapping
    package var folders: AttributeDescription?
    package var link: Link?
    package var rights: MailboxRights?
    package var flags: SharedMailbox.Flags
    package var location: SourceLocation?

    package init(
        name: String, source: any DirectorySource, base: DistinguishedName, scope: SearchScope = .sub,
        filter: LDAPFilter, readers: Readers, namespace: SharedMailbox.Namespace = .shared, isGroup: Bool = false,
        display: Template, mapping: AttributeMapping, folders: AttributeDescription? = nil, link: Link? = nil,
        rights: MailboxRights? = nil, flags: SharedMailbox.Flags = .shared, location: SourceLocation? = nil
    ) {
        self.name = name
        self.source = source
        self.base = base
        self.scope = scope
        self.filter = filter
        self.readers = readers
        self.namespace = namespace
        self.isGroup = isGroup
        self.display = display
        self.mapping = mapping
        self.folders = folders
        self.link = link
        self.rights = rights
        self.flags = flags
        self.location = location
    }

    /// The attributes that `entry` needs. All of them when a template reads one that only the entry names.
    var attributes: [String] {
        guard let mapped = mapping.withoutSecrets.attributes else { return ["*"] + LDAPEntry.identityAttributes }
        let more = [folders, link?.deliveryFolder].compactMap { $0?.spelling }
        return mapped + display.attributes + more + LDAPEntry.identityAttributes
    }

    /// [MS-ADTS] §3.1.1.3.4.4.3, LDAP_MATCHING_RULE_TRANSITIVE_EVAL.
    private static let chainRule = "1.2.840.113556.1.4.1941"

    /// What finds the mailboxes of a reader in one search; nil where his own entry lists them, or says not enough.
    func question(login: [UInt8], entryName: String?) -> LDAPFilter? {
        switch readers {
        case .listed: return nil
        case .logins(let attribute): return .and([filter, .equality(attribute, login)])
        case .members(let attribute, let isNested):
            guard let entryName else { return nil }
            let name = Array(entryName.utf8)
            guard isNested else { return .and([filter, .equality(attribute, name)]) }
            let match = LDAPExtensibleMatch(matchingRule: Self.chainRule, attribute: attribute, value: name)
            return .and([filter, .extensible(match)])
        }
    }
}

extension SharedMailboxRule {
    /// Every entry that has a mailbox for others, with what names its readers: for `provision`, never for a login.
    package func allEntries() async -> Outcome<[LDAPEntry]> {
        let readersAttribute: [String] =
            switch readers {
            case .listed: []
            case .members(let attribute, _), .logins(let attribute): [attribute.spelling]
            }
        let request = SearchRequest(
            base: base.description, scope: scope, filter: filter, attributes: attributes + readersAttribute)
        return await search(request).outcome
    }
}
