/// How far the expansion of one recipient may go. A limit that is hit defers the whole recipient; what was found until
/// then is never delivered alone.
package struct RoutingLimits: Hashable, Sendable {
    /// `virtual_alias_recursion_limit`: aliases that lead to aliases.
    package var aliasRecursion: Int
    /// `virtual_alias_expansion_limit`: addresses that one recipient may become.
    package var aliasExpansion: Int
    /// `virtual_alias_address_length_limit`, in octets.
    package var aliasAddressLength: Int
    /// Lookups of one recipient that run at the same time.
    package var concurrentLookups: Int

    package init(aliasRecursion: Int, aliasExpansion: Int, aliasAddressLength: Int, concurrentLookups: Int = 8) {
        self.aliasRecursion = aliasRecursion
        self.aliasExpansion = aliasExpansion
        self.aliasAddressLength = aliasAddressLength
        self.concurrentLookups = concurrentLookups
    }

    package static let native = RoutingLimits(aliasRecursion: 20, aliasExpansion: 10_000, aliasAddressLength: 512)
    /// Postfix 3.7.
    package static let postfix = RoutingLimits(aliasRecursion: 1000, aliasExpansion: 1000, aliasAddressLength: 1000)
}
