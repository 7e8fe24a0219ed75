import Directory
import LDAP
import LookupTables
import SiteConfiguration

/// Tables over a directory.
extension TablesBuilder {
    func ldap(
        _ model: LDAPTableModel, selfContainingGroups: LDAPTableOptions.SelfContainingGroups
    ) -> (any LookupTable)? {
        guard let source = directories.source(model.directory, faults) else { return nil }
        var options = LDAPTableOptions()
        guard let base = model.searchBase ?? directories.base(model.directory, for: model.filter, faults) else {
            return nil
        }
        options.searchBase = Array(base.value.utf8)
        options.locations["search_base"] = base.location
        options.queryFilter = Array(model.filter.value.utf8)
        options.locations["query_filter"] = model.filter.location
        options.scope = DirectorySet.scope(model.scope, faults)
        options.resultAttributes = model.resultAttributes.map(\.value)
        options.specialResultAttributes = model.specialResultAttributes.map(\.value)
        options.terminalResultAttributes = model.terminalResultAttributes.map(\.value)
        options.leafResultAttributes = model.leafResultAttributes.map(\.value)
        if let format = model.resultFormat {
            options.resultFormat = Array(format.value.utf8)
            options.locations["result_format"] = format.location
        }
        if !model.domains.isEmpty {
            options.domain = matchList("domain", model.domains, location: model.domains[0].location)
        }
        options.selfContainingGroups = selfContainingGroups
        options.keylessDomainFilter = keepsOriginal(.keylessDomains) ? .everyDomainAsPostfix : .listedDomains
        options.valueCleaning = cleaning(model.valuePrefixes, of: model.resultAttributes + model.leafResultAttributes)
        if let limit = model.recursionLimit { options.recursionLimit = limit.value }
        if let limit = model.expansionLimit {
            options.expansionLimit = limit.value
            options.sizeLimit = limit.value
        }
        if let limit = model.sizeLimit { options.sizeLimit = limit.value }
        if let number = model.dereference {
            options.dereference = DereferencePolicy(rawValue: number.value) ?? .never
        }
        do {
            let table = try LDAPTable(
                name: model.name, options: options, source: source, location: model.filter.location)
            for warning in table.warnings {
                faults.warning(at: warning.location ?? model.filter.location, warning.text)
            }
            return table
        } catch {
            tell(error, at: model.filter.location)
            return nil
        }
    }

    func group(_ model: GroupTableModel) -> (any LookupTable)? {
        guard let source = directories.source(model.directory, faults),
            let base = model.searchBase ?? directories.base(model.directory, for: model.filter, faults)
        else { return nil }
        var options = GroupTableOptions()
        options.searchBase = Array(base.value.utf8)
        options.locations["search_base"] = base.location
        options.queryFilter = Array(model.filter.value.utf8)
        options.locations["query_filter"] = model.filter.location
        options.scope = DirectorySet.scope(model.scope, faults)
        func set(_ option: WritableKeyPath<GroupTableOptions, [String]>, _ names: [Located<String>]) {
            guard !names.isEmpty else { return }
            options[keyPath: option] = names.map(\.value)
            for name in names { options.locations[name.value] = name.location }
        }
        set(\.nameAttributes, model.memberDNs)
        set(\.uidAttributes, model.memberUIDs)
        set(\.addressAttributes, model.memberAddresses)
        set(\.urlAttributes, model.memberURLs)
        set(\.memberAddressAttributes, model.addressAttributes)
        if let filter = model.memberUIDFilter {
            options.uidFilter = Array(filter.value.utf8)
            options.locations["uid_filter"] = filter.location
        }
        options.valueCleaning = cleaning(model.valuePrefixes, of: model.addressAttributes)
        do throws(TableFaults) {
            return try GroupTable(name: model.name, options: options, source: source, location: model.filter.location)
        } catch {
            tell(error, at: model.filter.location)
            return nil
        }
    }

    /// `smtp:` of proxyAddresses: values without one of the prefixes don't count.
    private func cleaning(_ prefixes: [Located<String>], of attributes: [Located<String>]) -> ValueCleaning? {
        guard !prefixes.isEmpty else { return nil }
        return ValueCleaning(
            attributes: attributes.map { AttributeDescription($0.value) }, prefixes: prefixes.map(\.value))
    }

    private func tell(_ error: TableFaults, at location: SourceLocation) {
        for fault in error.faults {
            faults.error(at: fault.location ?? location, fault.text, remedy: "see docs/configuration.md, Tables")
        }
    }
}
