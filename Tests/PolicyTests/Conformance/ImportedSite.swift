import Directory
import LookupTables
import MailModel
import Policy
import PostroomTesting
import Routing

/// The sites whose Postfix was recorded, with the main.cf that it ran with.
///
/// The clients of the recordings were strangers: `mynetworks = 127.0.0.2/32`, client at 127.0.0.1.
enum ImportedSite: String, CaseIterable, Sendable {
    case vennedey
    case vriesman
    case pragyan
    case dmsLDAP = "dms-ldap"
    case dmsForwardOnly = "dms-forward-only"

    var directory: SampleDirectory {
        switch self {
        case .vennedey: .vennedey
        case .vriesman: .vriesman
        case .pragyan: .pragyan
        case .dmsLDAP: .dmsLDAP
        case .dmsForwardOnly: .dmsForwardOnly
        }
    }

    /// The site's policy over its router, answered by `source`; `asInPostfix` takes the original's behaviour where the
    /// author of the configuration meant another.
    func policy(_ source: any DirectorySource, asInPostfix: Bool = false) throws -> SMTPPolicy {
        let tables = Tables(site: rawValue, source: source, isAsInPostfix: asInPostfix)
        let router =
            switch self {
            case .vennedey: try vennedey(tables)
            case .vriesman: try vriesman(tables)
            case .pragyan: try pragyan(tables)
            case .dmsLDAP: try dmsLDAP(tables)
            case .dmsForwardOnly: try dmsForwardOnly(tables)
            }
        var options = PolicyOptions.postfix(isAuthenticationEnabled: self == .vennedey)
        options.myNetworks = NetworkList(["127.0.0.2/32"].compactMap { IPNetwork($0) })
        switch self {
        case .vennedey:
            options.recipientRestrictions = RestrictionList([.rejectSenderLoginMismatch])
            options.senderLoginMaps = [try tables.ldap("smtpd_sender_login_maps")]
        case .dmsLDAP:
            options.recipientRestrictions = RestrictionList([
                .permitSASLAuthenticated, .permitMyNetworks, .rejectUnauthDestination,
            ])
        case .vriesman, .pragyan, .dmsForwardOnly:
            break
        }
        return SMTPPolicy(options, router: Router(router))
    }

    // MARK: - main.cf

    private func vennedey(_ tables: Tables) throws -> RoutingOptions {
        let uids = try tables.ldap("virtual_uid_maps")
        let mailboxes = TableMailboxes(
            mailboxMaps: [try tables.ldap("virtual_mailbox_maps")], uidMaps: [uids], gidMaps: [uids],
            base: Array("/BASE".utf8), recipientDelimiter: RecipientDelimiter("+"))
        var options = try options("mx0.example.com", mailboxes, "localhost", tables)
        options.recipientDelimiter = RecipientDelimiter("+")
        options.virtualAliasDomains = try tables.list("virtual_alias_domains", "ldap:virtual_alias_domains")
        options.virtualMailboxDomains = try tables.list("virtual_mailbox_domains", "mx0.example.com")
        options.virtualAliasMaps = [try tables.ldap("virtual_alias_maps")]
        return options
    }

    private func vriesman(_ tables: Tables) throws -> RoutingOptions {
        let boxes = try tables.ldap("ldapvirtual")
        let owner = try StaticTable("5000".utf8)
        let mailboxes = TableMailboxes(
            mailboxMaps: [boxes], uidMaps: [owner], gidMaps: [owner], base: Array("/BASE".utf8), minimumUID: 500)
        var options = try options(
            "smtp1.mydomain.nl", mailboxes,
            "smtp1.mydomain.nl, localhost.mydomain.nl, localhost.localdomain, ldap:acceptdomains", tables)
        options.virtualAliasMaps = [try tables.ldap("ldapalias")]
        options.virtualAliasDomains = try tables.list("virtual_alias_domains", "ldap:ldapalias")
        options.virtualMailboxDomains = try tables.list("virtual_mailbox_domains", "ldap:ldapvirtual")
        // The default, proxy:unix:passwd.byname $alias_maps, on a machine that has the usual system accounts.
        options.localRecipientMaps = [try InlineTable("{ {nobody = x}, {root = x} }".utf8)]
        return options
    }

    private func pragyan(_ tables: Tables) throws -> RoutingOptions {
        let accounts = try tables.ldap("accounts.cf")
        let owner = try StaticTable("700".utf8)
        let mailboxes = TableMailboxes(
            mailboxMaps: [accounts], uidMaps: [owner], gidMaps: [owner], base: Array("/BASE".utf8))
        var options = try options("mail.pragyan.org", mailboxes, "pragyan.org", tables)
        options.virtualAliasMaps = [try tables.ldap("aliases.cf")]
        options.virtualAliasDomains = try tables.list("virtual_alias_domains", "ldap:aliases.cf")
        options.virtualMailboxDomains = try tables.list("virtual_mailbox_domains", "ldap:accounts.cf")
        options.localRecipientMaps = [accounts]
        return options
    }

    private func dmsLDAP(_ tables: Tables) throws -> RoutingOptions {
        // virtual_transport was discard: there; who has a mailbox is what virtual_mailbox_maps says.
        let owner = try StaticTable("5000".utf8)
        let mailboxes = TableMailboxes(
            mailboxMaps: [try tables.ldap("basic-users.cf")], uidMaps: [owner], gidMaps: [owner],
            base: Array("/var/mail".utf8), recipientDelimiter: RecipientDelimiter("+"))
        var options = try options("mail.example.com", mailboxes, "localhost.example.com, localhost", tables)
        options.recipientDelimiter = RecipientDelimiter("+")
        options.virtualMailboxDomains = try tables.list("virtual_mailbox_domains", "ldap:basic-domains.cf")
        options.virtualAliasMaps = [try tables.ldap("basic-aliases.cf"), try tables.ldap("basic-groups.cf")]
        options.virtualAliasDomains = try tables.list(
            "virtual_alias_domains", "ldap:basic-aliases.cf ldap:basic-groups.cf")
        return options
    }

    private func dmsForwardOnly(_ tables: Tables) throws -> RoutingOptions {
        var options = RoutingOptions.postfix(
            myOrigin: try address("x@mail.example.org").domain, localTransport: .unknown("local"),
            virtualTransport: .error(EnhancedStatusCode(5, 1, 1), "no local mailboxes"))
        options.myDestination = try tables.list("mydestination", "localhost.example.org, localhost")
        options.recipientDelimiter = RecipientDelimiter("+")
        options.virtualMailboxDomains = try tables.list("virtual_mailbox_domains", "example.org")
        options.virtualAliasMaps = [
            try tables.ldap("aliases.cf"), try InlineTable("{postmaster@example.org=dora@example.org}".utf8),
        ]
        return options
    }

    private func options(
        _ hostname: String, _ mailboxes: TableMailboxes, _ destinations: String, _ tables: Tables
    ) throws -> RoutingOptions {
        let destination = try tables.list("mydestination", destinations)
        var mailboxes = mailboxes
        if tables.isAsInPostfix { mailboxes.severalEntries = .onePathAsPostfix }
        mailboxes.isLocalDomain = { await destination.contains($0.bytes) }
        // `local_transport = virtual` at Vriesman and Pragyan; the others' local domains have no recipients here.
        var options = RoutingOptions.postfix(
            myOrigin: try address("x@\(hostname)").domain, localTransport: .mailboxes(mailboxes),
            virtualTransport: .mailboxes(mailboxes))
        options.myDestination = destination
        return options
    }
}

/// The LDAP tables of one site.
private struct Tables: Sendable {
    var site: String
    var source: any DirectorySource
    var isAsInPostfix: Bool

    func ldap(_ name: String) throws -> LDAPTable {
        let path = "lookups/\(site)/\(name.hasSuffix(".cf") ? name : name + ".cf")"
        let parameters = try TableParameters(contents: Array(Fixture.text(path).utf8), path: path)
        var options = try LDAPTableOptions(parameters)
        if isAsInPostfix {
            options.selfContainingGroups = .failAsPostfix
            options.keylessDomainFilter = .everyDomainAsPostfix
        }
        return try LDAPTable(name: "ldap:\(name)", options: options, source: source)
    }

    func list(_ name: String, _ text: String) throws -> MatchList {
        try MatchList(
            name: name, parsing: text.utf8,
            reader: MatchList.Reader(
                readFile: { throw TableFault("\($0): no files here") },
                openTable: { name, _ in
                    try ldap(String(name.dropFirst("ldap:".count))).inDomainList(lifetime: .zero)
                }))
    }
}
