package import Directory
package import LookupTables
package import MailModel

/// How a site routes, in Postfix's words. Native sites and imported ones differ in these values only.
package struct RoutingOptions: Sendable {
    /// `myorigin`: the domain of names that have none.
    package var myOrigin: Domain
    /// `mydomain`, where `append_dot_mydomain` completes `user@host` by it.
    package var completedDomain: Domain?

    // MARK: Address classes

    /// `mydestination`: the local class. Names without a domain are looked up for these domains too.
    package var myDestination = MatchList(name: "mydestination", elements: [])
    /// Our own addresses as literals, `[192.0.2.1]`: of the local class (`inet_interfaces`, `proxy_interfaces`).
    package var addressLiterals: Set<Domain> = []
    /// `virtual_alias_domains`: hosted domains in which every address is an alias.
    package var virtualAliasDomains = MatchList(name: "virtual_alias_domains", elements: [])
    /// `virtual_mailbox_domains`: hosted domains with mailboxes of their own.
    package var virtualMailboxDomains = MatchList(name: "virtual_mailbox_domains", elements: [])
    /// `relay_domains`: other hosts' domains that anybody may send to through us.
    package var relayDomains = MatchList(name: "relay_domains", style: .domainAndSubdomains, elements: [])

    // MARK: Transports

    /// `local_transport`.
    package var localTransport: ClassTransport
    /// `virtual_transport`.
    package var virtualTransport: ClassTransport
    /// `relay_transport`.
    package var relayTransport = ClassTransport.remote()
    /// `default_transport`.
    package var defaultTransport = ClassTransport.remote()
    /// `relayhost`: in place of the recipient's own domain, where the transport of the class names no next hop.
    package var relayHost: String?
    /// `transport_maps`, in order.
    package var transportMaps: [any LookupTable] = []
    package var transportMapsLocation: SourceLocation?
    /// What `virtual:` in a transport table means.
    package var virtualMailboxes: (any MailboxLookup)?
    /// Transports that a site's own configuration gives a meaning: by name (`dovecot`), or with their next hop
    /// (`lmtp:unix:private/dovecot-lmtp`).
    package var transportsBySpelling: [String: ClassTransport] = [:]

    /// Transports to other hosts with options of their own, by name.
    package var namedTransports: [String: RemoteDestination.Transport] = [:]

    // MARK: Recipients

    /// canonical(5): envelope addresses rewritten before anything else.
    package var canonical = CanonicalOptions()
    /// What is done to the headers of messages.
    package var headers = HeaderOptions()
    /// SRS: addresses of bounces that come back are turned into those of the senders; nil without it.
    package var senderRewriting: SenderRewriting?
    /// `virtual_alias_maps`, in order; asked for every recipient of every class.
    package var virtualAliasMaps: [any LookupTable] = []
    package var virtualAliasMapsLocation: SourceLocation?
    /// `alias_maps` (aliases(5)): asked for the local part of recipients of the local class.
    package var localAliasMaps: [any LookupTable] = []
    package var localAliasMapsLocation: SourceLocation?
    /// `local_recipient_maps`: which recipients of the local class exist; nil asks no table before the mailbox itself.
    package var localRecipientMaps: [any LookupTable]?
    /// `virtual_mailbox_maps`: which recipients of the mailbox class exist, whoever delivers them; nil leaves that to the
    /// transport.
    package var virtualMailboxMaps: [any LookupTable]?
    /// Whether `virtualTransport` finds its mailboxes by these very tables, so that nobody need ask them twice.
    package var virtualTransportAsksMaps = true
    /// `relay_recipient_maps`; nil relays every recipient of a relay domain.
    package var relayRecipientMaps: [any LookupTable]?
    /// `recipient_delimiter`.
    package var recipientDelimiter = RecipientDelimiter.none
    /// `propagate_unmatched_extensions = … virtual`: the extension that no key matched goes on to the alias's targets.
    package var propagateUnmatchedExtensions = true
    /// How alias tables are asked for a local part that needs quotes.
    package var aliasKeySpelling = AddressLookup.Spelling.quotedThenBare
    /// Local parts that exist in every domain of ours: RFC 5321 §4.5.1, RFC 2142 §4.
    package var roleNames: [[UInt8]] = [Array("postmaster".utf8), Array("abuse".utf8)]
    /// Who gets mail for role names that nothing else answers; without it such mail is deferred, never refused.
    package var postmaster: EmailAddress?
    package var postmasterLocation: SourceLocation?
    /// Whether addresses that differ in the case of their local parts alone are one recipient.
    package var foldsLocalParts = true
    /// Whether two recipients that lead to one mailbox give one copy (a person in two groups), or one for each address.
    package var deliversOncePerMailbox = true
    /// `always_bcc` and its kin.
    package var blindCopies = BlindCopyOptions()

    // MARK: Limits and replies

    package var limits = RoutingLimits.native
    /// `show_user_unknown_table_name`.
    package var showUserUnknownTableName = false

    /// A native site: mailboxes behind both classes.
    package init(myOrigin: Domain, mailboxes: any MailboxLookup) {
        self.myOrigin = myOrigin
        localTransport = .mailboxes(mailboxes)
        virtualTransport = .mailboxes(mailboxes)
        virtualMailboxes = mailboxes
    }

    /// Postfix's own defaults (3.7), for settings that a site left alone.
    package static func postfix(
        myOrigin: Domain, localTransport: ClassTransport, virtualTransport: ClassTransport
    ) -> RoutingOptions {
        var options = RoutingOptions(
            myOrigin: myOrigin, localTransport: localTransport, virtualTransport: virtualTransport)
        options.aliasKeySpelling = .quoted
        options.deliversOncePerMailbox = false
        options.limits = .postfix
        options.showUserUnknownTableName = true
        return options
    }

    private init(myOrigin: Domain, localTransport: ClassTransport, virtualTransport: ClassTransport) {
        self.myOrigin = myOrigin
        self.localTransport = localTransport
        self.virtualTransport = virtualTransport
    }
}

extension RoutingOptions {
    /// `host` → `host.mydomain`, where the site completes such names; other domains as they are.
    package func completed(_ domain: Domain) -> Domain {
        guard let completedDomain, !domain.isAddressLiteral, !domain.bytes.contains(UInt8(ascii: ".")) else {
            return domain
        }
        return Domain(domain.bytes + [UInt8(ascii: ".")] + completedDomain.bytes) ?? domain
    }

    package func completed(_ address: EmailAddress) -> EmailAddress {
        let domain = completed(address.domain)
        guard domain != address.domain else { return address }
        return EmailAddress(localPart: address.localPart, domain: domain) ?? address
    }
}
