/// How the site asks DNS.
package struct DNSModel: Sendable {
    package enum Validation: String, CaseIterable, Sendable {
        case off
        case whenPossible = "when-possible"
        case required
    }

    /// Addresses of resolvers, with `@port` behind one that isn't 53; or alone the path of a file in the form of
    /// resolv.conf(5), or `root`, which asks the root's servers and on from there. Empty: `/etc/resolv.conf`.
    package var servers: [Located<String>] = []
    package var validation: Located<Validation>?
    /// A file of DS or DNSKEY records; Debian's dns-root-data where it is there.
    package var trustAnchor: Located<String>?
    /// Zones of the site's own network, whose answers are not validated.
    package var unsignedZones: [Located<String>] = []
    /// A file of hosts; `none` for none.
    package var hosts: Located<String>?
    /// Of one question.
    package var timeLimit: Located<Duration>?

    package init() {}
}
