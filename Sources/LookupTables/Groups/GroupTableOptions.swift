package import Directory
package import LDAP

/// How a group of a directory is found, which attributes name its members, and what a member's addresses are.
package struct GroupTableOptions: Sendable {
    // MARK: The group

    /// A DN with % expansions.
    package var searchBase: [UInt8] = []
    /// An RFC 4515 filter with % expansions in its values. Entries that it finds and that name no member are no groups.
    package var queryFilter: [UInt8] = Array("(mail=%s)".utf8)
    /// Only keys `user@domain` with a domain in this list are looked up.
    package var domain: MatchList?
    package var scope = SearchScope.sub
    package var dereference = DereferencePolicy.never
    /// Seconds a search may take.
    package var timeout = 10

    // MARK: Members

    /// Attributes whose values are DNs of members, those of uniqueMember with their optional `#'0101'B` (RFC 4517 §3.3.21).
    /// `seeAlso`, `contact` or `owner` are for sites where these mean members: a person who has one is taken for a group.
    package var nameAttributes = ["member", "uniqueMember", "dnMember"]
    /// Attributes whose values are login names, found by `uidFilter` below `memberSearchBase`.
    package var uidAttributes = ["memberUid"]
    /// Attributes whose values are addresses themselves. `mailForwardingAddress` is for sites whose groups have it and
    /// whose people don't: a member who has one of these is taken for a group.
    package var addressAttributes = ["mgrpRFC822MailMember", "rfc822MailMember", "rfc822Member"]
    /// Attributes whose values are LDAP URLs that find members: base, scope and filter count, of the attributes those
    /// among `memberAddressAttributes` (none: all of these), the host never.
    package var urlAttributes = ["memberURL"]
    /// Attributes whose values are filters that find members below `memberSearchBase`, as qmail-ldap has them.
    package var filterAttributes = ["filterMember"]
    /// Where login names and filters look; nil for the search base of the group.
    package var memberSearchBase: String?
    /// A filter with % expansions for a login name.
    package var uidFilter: [UInt8] = Array("(uid=%s)".utf8)

    // MARK: Addresses

    /// A member's addresses are the values of the first of these that it has.
    package var memberAddressAttributes = ["mail"]
    /// Made of each of these values, as `result_format` of ldap_table(5).
    package var resultFormat: [UInt8] = Array("%s".utf8)
    /// For addresses that bear a scheme, such as those of proxyAddresses.
    package var valueCleaning: ValueCleaning?

    package var limits = GroupLimits()
    /// Where each option was set: `search_base`, `query_filter`, `domain` and `result_format` as in ldap_table(5),
    /// `member_search_base`, `uid_filter`, the limits `depth`, `entries` and `addresses`, and attributes by their names.
    package var locations: [String: SourceLocation] = [:]

    package init() {}
}

/// How far the expansion of one group may go. A limit that is hit makes the lookup fail for now: a part of the members is
/// no answer.
package struct GroupLimits: Hashable, Sendable {
    /// Groups within groups; 1 for groups of people only.
    package var depth = 20
    /// Members to be read, groups among them.
    package var entries = 10_000
    /// Addresses of the answer.
    package var addresses = 10_000
    /// Octets of the answer.
    package var octets = 4 << 20
    /// No search is begun later than this; each that is under way has `timeout`.
    package var time = Duration.seconds(60)
    /// Searches at the same time.
    package var concurrentSearches = 8

    package init() {}
}
