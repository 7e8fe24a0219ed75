/// How a site asks DNS.
///
/// The default is what an administrator expects of a mail server: it asks the servers of `/etc/resolv.conf`, and checks
/// DNSSEC signatures itself, from the root's key on, instead of believing an AD bit that came over the network.
package struct UnboundOptions: Hashable, Sendable {
    package enum Servers: Hashable, Sendable {
        /// The `nameserver` lines of a file, `/etc/resolv.conf`; 127.0.0.1 where there is none (resolv.conf(5)). Read once,
        /// when the resolver is opened.
        case file(String)
        case forwarders([DNSServerAddress])
        /// The servers of the root, and on from there.
        case root
    }

    package enum Validation: Hashable, Sendable, CaseIterable {
        /// Nothing is ever secure.
        case off
        /// Signatures are checked as far as the servers let them through. A server that takes DNSSEC out of every answer
        /// (old forwarders, home routers) lets not even the key of the trust anchor through: then all answers count as
        /// insecure, as those of unsigned zones do, and the key is asked for again every minute. Once the key is there, a
        /// wrong or missing signature below it makes the answer unavailable.
        ///
        /// unbound's `harden-dnssec-stripped: no`. Not `val-permissive-mode`, which would let every forged answer through as
        /// insecure: DANE could be turned off for a domain by spoiling one signature.
        case whenPossible
        /// Without the key of a trust anchor nothing below the anchor is answered: for sites whose path to their
        /// resolver is not to be trusted.
        case required
    }

    /// A zone that is asked of servers of its own, authoritative ones.
    package struct StubZone: Hashable, Sendable {
        package var zone: DNSName
        package var servers: [DNSServerAddress]

        package init(zone: DNSName, servers: [DNSServerAddress]) {
            self.zone = zone
            self.servers = servers
        }
    }

    package static let resolverConfiguration = "/etc/resolv.conf"
    /// Where Debian's dns-root-data keeps it.
    package static let rootKey = "/usr/share/dns/root.key"
    package static let systemHosts = "/etc/hosts"

    package var servers: Servers = .file(resolverConfiguration)
    package var stubZones: [StubZone] = []
    package var validation: Validation = .whenPossible
    /// DS or DNSKEY records, one to a line. Nil: ``rootKey`` where that file is, else no validation.
    package var trustAnchorFile: String?
    /// DS or DNSKEY records besides, or in place of the file.
    package var trustAnchors: [String] = []
    /// Zones whose answers are never validated: those inside a network that its public, signed parent doesn't know.
    /// ``privateZones`` always are.
    package var unsignedZones: [DNSName] = []
    /// Names of this file are answered first; never secure. Nil for none. A file that isn't there is none.
    package var hostsFile: String? = systemHosts
    /// From the question to its answer or `unavailable`.
    package var timeLimit: Duration = .seconds(10)
    /// Questions that libunbound works on at once, those that nobody waits for any longer included. More wait their turn.
    package var maximumLookupsInFlight = 1000
    /// Questions that wait, in flight or for their turn. One more is unavailable at once.
    package var maximumWaiting = 20_000
    /// Records taken of one answer; the rest is passed over.
    package var maximumRecords = 100

    package init() {}

    /// Top-level names that networks use within, none of which the root delegates (RFC 6762 appendix G, RFC 8375, the
    /// root's reserved `internal`): the root's proof that they don't exist would make each of their answers a forgery.
    package static let privateZones = [
        "internal", "intranet", "private", "corp", "home", "lan", "local", "localdomain", "home.arpa",
    ].compactMap { DNSName($0) }
}

/// Why a resolver can't be opened: what to change in its options.
package struct UnboundFailure: Error, Hashable, CustomStringConvertible {
    package var description: String
}
