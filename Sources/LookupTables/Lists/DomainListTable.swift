extension LookupTable {
    /// The table as a list of domains is to ask it for every recipient: with a short memory, and where nothing of its
    /// search depends on the domain, as the list of domains that its author meant (`keylessDomainFilter`).
    ///
    /// - Parameter lifetime: of the memory; zero asks every time.
    package func inDomainList(lifetime: Duration) -> any LookupTable {
        if let table = self as? LDAPTable, table.isKeyless, table.options.keylessDomainFilter == .listedDomains {
            return ListedValuesTable(table, lifetime: lifetime)
        }
        return RememberedMembership(self, lifetime: lifetime)
    }
}
