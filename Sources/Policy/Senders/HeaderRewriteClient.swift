package import LookupTables

/// An element of `local_header_rewrite_clients`: clients whose messages have their headers mended and rewritten.
package enum HeaderRewriteClient: Sendable {
    /// `permit_inet_interfaces`: this machine itself.
    case inetInterfaces
    /// `permit_mynetworks`
    case myNetworks
    /// `permit_sasl_authenticated`
    case saslAuthenticated
    /// `check_address_map`: addresses that a table has an entry for.
    case table(any LookupTable)
    case everyone
}
