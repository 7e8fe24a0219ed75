import Directory
import LDAP
import LookupTables
package import MailModel
import NIOPosix
import SiteConfiguration

/// Aliases in the site's directory: the values that its own tables answer with, changed in the entries that they find.
package struct DirectoryAliases: Sendable {
    /// Who may write there; the site's own account usually may not.
    package struct Identity: Sendable {
        package var name: String
        package var password: Secret

        package init(name: String, password: Secret) {
            self.name = name
            self.password = password
        }
    }

    /// An entry for an alias that has none.
    package struct NewEntry: Sendable {
        package var name: String
        package var objectClasses: [String]
        /// Further attributes that its classes need.
        package var attributes: [(name: String, value: String)]

        package init(name: String, objectClasses: [String], attributes: [(name: String, value: String)] = []) {
            self.name = name
            self.objectClasses = objectClasses
            self.attributes = attributes
        }
    }

    /// A table that can be written to.
    private struct Place {
        var table: LDAPTableModel
        var base: String
        var shape: QueryShape
        /// Where its answers stand.
        var attribute: AttributeDescription
        /// Stands before each of them: `smtp:`.
        var prefix: [UInt8]
    }

    let model: SiteModel
    let identity: Identity

    package init(_ aliases: SiteAliases, as identity: Identity) {
        model = aliases.model
        self.identity = identity
    }

    /// - Parameter entry: made where no table finds one; nil refuses that.
    package func change(
        _ request: AliasRequest, creating entry: NewEntry?, isTrial: Bool
    ) async throws(AliasFailure) -> SiteAliases.Change {
        let (places, obstacles) = places(for: request)
        guard let first = places.first else {
            throw AliasFailure(
                .configuration,
                "no table of this site's aliases can be written to"
                    + (obstacles.isEmpty ? "" : ": " + obstacles.joined(separator: "; ")))
        }
        for place in places {
            let client = try client(place.table)
            let result: Result<SiteAliases.Change?, AliasFailure>
            do throws(AliasFailure) {
                result = .success(try await modify(request, at: place, client, isTrial: isTrial))
            } catch {
                result = .failure(error)
            }
            await client.shutDown()
            if let change = try result.get() { return change }
        }
        let key = String(decoding: request.key, as: UTF8.self)
        guard request.action == .add else {
            throw AliasFailure(.notThere, "no entry of the directory is found by \(key)")
        }
        guard let entry else {
            throw AliasFailure(
                .notThere, "no entry of the directory is found by \(key) (\(first.table.name))",
                remedy: "name the entry to make: --dn NAME --object-class CLASS")
        }
        let client = try client(first.table)
        let result: Result<SiteAliases.Change, AliasFailure>
        do throws(AliasFailure) {
            result = .success(try await add(entry, request, at: first, client, isTrial: isTrial))
        } catch {
            result = .failure(error)
        }
        await client.shutDown()
        return try result.get()
    }

    // MARK: Tables

    private func places(for request: AliasRequest) -> (places: [Place], obstacles: [String]) {
        var places: [Place] = []
        var obstacles: [String] = []
        for case .ldap(let table) in model.routing.aliases {
            let names = table.domains.compactMap {
                if case .name(let name) = $0 { name.value.lowercased() } else { nil }
            }
            if !names.isEmpty, names.count == table.domains.count,
                !names.contains(request.domain.description.lowercased())
            {
                obstacles.append("\(table.name) is not asked for \(request.domain)")
                continue
            }
            guard let base = table.searchBase ?? model.directory(table.directory.value)?.base,
                let shape = try? QueryShape(filter: Array(table.filter.value.utf8), base: Array(base.value.utf8)),
                let fixed = shape.base
            else {
                obstacles.append("\(table.name) has no fixed base")
                continue
            }
            guard (table.resultFormat?.value ?? "%s") == "%s" else {
                obstacles.append("\(table.name) changes its results by result_format")
                continue
            }
            let attribute = AttributeDescription(table.resultAttributes.first?.value ?? "maildrop")
            guard !shape.keyUses.contains(where: { $0.attribute == attribute }) else {
                obstacles.append("\(table.name) finds entries by what it answers with, \(attribute.spelling)")
                continue
            }
            places.append(
                Place(
                    table: table, base: fixed, shape: shape, attribute: attribute,
                    prefix: Array((table.valuePrefixes.first?.value ?? "").utf8)))
        }
        if places.isEmpty, obstacles.isEmpty { obstacles.append("there is no ldap table among them") }
        return (places, obstacles)
    }

    private func client(_ table: LDAPTableModel) throws(AliasFailure) -> LDAPClient {
        guard let directory = model.directory(table.directory.value) else {
            throw AliasFailure(.configuration, "there is no directory called \(table.directory.value)")
        }
        guard case .servers(var servers) = directory.kind else {
            throw AliasFailure(
                .configuration, "the directory is a file in LDIF", remedy: "edit it: it is read again by itself")
        }
        servers.bind = .simple(
            name: Located(identity.name, at: SourceLocation(file: "--bind-dn")),
            password: Located(identity.password, at: SourceLocation(file: "--bind-dn")), origin: .written)
        let faults = FaultCollector()
        let builder = DirectoryBuilder(
            group: MultiThreadedEventLoopGroup.singleton, hashing: Hashing.run, secretAttributes: [], faults: faults)
        guard let client = builder.client(servers) else {
            throw AliasFailure(.configuration, faults.faults.map(\.description).joined(separator: "\n"))
        }
        return client
    }

    // MARK: Changing

    /// Nil when the table finds no entry.
    private func modify(
        _ request: AliasRequest, at place: Place, _ client: LDAPClient, isTrial: Bool
    ) async throws(AliasFailure) -> SiteAliases.Change? {
        guard let filter = place.shape.filter(for: LookupKey.folded(request.key)) else { return nil }
        let scope = DirectorySet.scope(place.table.scope, FaultCollector())
        let search = SearchRequest(
            base: place.base, scope: scope, filter: filter, attributes: [place.attribute.spelling], sizeLimit: 10)
        let entries = try await answer { try await client.search(search).entries }
        guard let entry = entries.first else { return nil }
        guard entries.count == 1 else {
            throw AliasFailure(
                .conflict,
                "\(entries.count) entries are found by \(String(decoding: request.key, as: UTF8.self)): "
                    + entries.map(\.name).joined(separator: ", "),
                remedy: "change the one that is meant with ldapmodify(1)")
        }
        let values = try changed(entry[place.attribute], request, place, in: entry.name)
        let modification = LDAPModification(request.action == .add ? .add : .delete, place.attribute, values)
        if !isTrial { try await answer { try await client.modify(name: entry.name, [modification]) } }
        return described(request, place, values, in: entry.name, isTrial: isTrial)
    }

    /// The values to add or to take away.
    private func changed(
        _ old: [[UInt8]], _ request: AliasRequest, _ place: Place, in name: String
    ) throws(AliasFailure) -> [[UInt8]] {
        var result: [[UInt8]] = []
        for target in request.targets {
            let wanted = place.prefix + target
            let known = old.first { LookupKey.folded($0) == LookupKey.folded(wanted) }
            let text = "\(place.attribute.spelling) \(String(decoding: wanted, as: UTF8.self))"
            switch (request.action, known) {
            case (.add, nil): result.append(wanted)
            case (.add, _?): throw AliasFailure(.conflict, "\(name) has \(text) already")
            // As the entry spells it: the attribute's own matching may tell case apart.
            case (.remove, let known?): result.append(known)
            case (.remove, nil): throw AliasFailure(.notThere, "\(name) has no \(text)")
            }
        }
        if request.action == .remove, request.targets.isEmpty {
            result = old.filter { $0.starts(with: place.prefix) }
            guard !result.isEmpty else { throw AliasFailure(.notThere, "\(name) has no \(place.attribute.spelling)") }
        }
        return result
    }

    private func add(
        _ new: NewEntry, _ request: AliasRequest, at place: Place, _ client: LDAPClient, isTrial: Bool
    ) async throws(AliasFailure) -> SiteAliases.Change {
        guard let name = try? DistinguishedName(parsing: new.name), let rdn = name.rdns.first else {
            throw AliasFailure(
                .badRequest, "\(new.name) is not a DN", remedy: "for example cn=sales,ou=aliases,dc=example,dc=org")
        }
        var attributes: [(AttributeDescription, [[UInt8]])] = []
        func put(_ attribute: AttributeDescription, _ value: [UInt8]) {
            guard let index = attributes.firstIndex(where: { $0.0 == attribute }) else {
                attributes.append((attribute, [value]))
                return
            }
            if !attributes[index].1.contains(value) { attributes[index].1.append(value) }
        }
        for objectClass in new.objectClasses { put(AttributeDescription("objectClass"), Array(objectClass.utf8)) }
        for assertion in rdn.assertions { put(assertion.type, assertion.value) }
        for (attribute, value) in new.attributes { put(AttributeDescription(attribute), Array(value.utf8)) }
        let keys = place.shape.keyUses.filter { $0.part == .whole && !$0.isOpenBefore && !$0.isOpenBehind }
        guard let key = keys.first else {
            throw AliasFailure(
                .configuration, "\(place.table.name) finds entries by a part of an address",
                remedy: "make the entry with ldapadd(1)")
        }
        put(key.attribute, key.before + request.key + key.behind)
        for target in request.targets { put(place.attribute, place.prefix + target) }
        let entry = LDAPEntry(name: new.name, attributes: attributes.map { LDAPAttribute($0.0, $0.1) })
        if !isTrial { try await answer { try await client.add(entry) } }
        return described(request, place, request.targets, in: new.name, isTrial: isTrial)
    }

    private func described(
        _ request: AliasRequest, _ place: Place, _ values: [[UInt8]], in name: String, isTrial: Bool
    ) -> SiteAliases.Change {
        let key = String(decoding: request.key, as: UTF8.self)
        let shown = values.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
        let verb = request.action == .add ? "gets" : "loses"
        var change = SiteAliases.Change(
            done: (isTrial ? "would be done: " : "")
                + "\(key): \(name) \(verb) \(place.attribute.spelling): \(shown)")
        guard case .servers(let servers) = model.directory(place.table.directory.value)?.kind else { return change }
        let time = servers.cache.foundTime?.value ?? DirectoryCacheOptions().foundLifetime
        if time > .zero {
            change.warnings.append(
                "a server that has asked for \(key) before answers as before for up to \(time.components.seconds) s (directory.cache)"
            )
        }
        return change
    }

    private func answer<Value: Sendable>(_ body: () async throws -> Value) async throws(AliasFailure) -> Value {
        do {
            return try await body()
        } catch let error as LDAPError {
            throw AliasFailure(error.isTransient ? .temporary : .cannotWrite, "\(error)")
        } catch {
            throw AliasFailure(.temporary, "\(error)")
        }
    }
}
