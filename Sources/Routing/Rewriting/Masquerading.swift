import Directory
package import LookupTables
package import MailModel

/// Addresses shortened to their domain: `host.example.org` becomes `example.org` (`masquerade_domains`), after canonical(5).
package struct Masquerading: Sendable {
    /// In order; the first that fits decides. `!host.example.org` leaves what is below it alone.
    package var domains: [Entry] = []
    /// `masquerade_classes`.
    package var classes: Set<CanonicalOptions.AddressClass> = [.envelopeSender, .headerSender, .headerRecipient]
    /// `masquerade_exceptions`: local parts that keep their domain.
    package var exceptions = MatchList(name: "masquerade_exceptions", elements: [])

    package struct Entry: Hashable, Sendable {
        package var domain: Domain
        package var isException: Bool

        /// Each `!` turns the meaning round, as in Postfix. Nil for what is no domain.
        package init?(_ text: String) {
            let name = text.drop { $0 == "!" }
            guard let domain = Domain(String(name)) else { return nil }
            self.domain = domain
            isException = (text.count - name.count) % 2 == 1
        }
    }

    package init() {}

    func isUsed(for addressClass: CanonicalOptions.AddressClass) -> Bool {
        !domains.isEmpty && classes.contains(addressClass)
    }

    /// `absent` for an address that stays as it is.
    func shorten(_ address: EmailAddress) async -> Answer<EmailAddress> {
        guard let entry = domains.first(where: { address.domain.isOrIsBelow($0.domain) }), !entry.isException,
            address.domain != entry.domain
        else { return Answer(.absent) }
        // The local part as it is written, quotes included.
        let written = address.quoted.dropLast(address.domain.bytes.count + 1)
        let exempt = await exceptions.contains(Array(written))
        switch exempt.outcome {
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: exempt.steps)
        case .found(true): return Answer(.absent, steps: exempt.steps)
        case .found, .absent: break
        }
        guard let short = EmailAddress(localPart: address.localPart, domain: entry.domain) else {
            return Answer(.absent)
        }
        return Answer(.found(short), steps: exempt.steps)
    }
}

extension Domain {
    fileprivate func isOrIsBelow(_ other: Domain) -> Bool {
        var current: Domain? = self
        while let domain = current {
            if domain == other { return true }
            current = domain.parent
        }
        return false
    }
}
