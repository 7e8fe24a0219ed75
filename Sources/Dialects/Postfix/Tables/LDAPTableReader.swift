import Directory
import LDAP
import LookupTables
import MailModel
import SiteConfiguration

/// `ldap:/file` and the old `ldap:name` with `name_parameter` in main.cf (ldap_table(5)) → a table and its directory.
struct LDAPTableReader {
    let reading: PostfixReading
    let effect: ImportReport.Effect

    init(_ reading: PostfixReading, effect: ImportReport.Effect) {
        self.reading = reading
        self.effect = effect
    }

    static let parameters: Set<String> = [
        "server_host", "server_port", "timeout", "search_base", "query_filter", "result_format", "result_filter",
        "domain", "result_attribute", "special_result_attribute", "terminal_result_attribute",
        "leaf_result_attribute", "scope", "bind", "bind_dn", "bind_pw", "cache", "cache_expiry", "cache_size",
        "recursion_limit", "expansion_limit", "size_limit", "dereference", "chase_referrals", "version",
        "sasl_mechs", "sasl_realm", "sasl_authz_id", "sasl_minssf", "start_tls", "tls_require_cert",
        "tls_ca_cert_file", "tls_ca_cert_dir", "tls_cert", "tls_key", "tls_random_file", "tls_cipher_suite",
        "debuglevel",
    ]

    func table(_ name: String, at location: SourceLocation) -> TableModel? {
        let isFile = name.hasPrefix("/") || name.hasPrefix(".")
        guard var found = isFile ? fromFile(reading.absolute(name)) : inline(name, at: location) else {
            reading.report(
                "ldap:\(name)", at: location, .unsupported(effect),
                "\(name) can't be read, so every lookup in it is a temporary failure; create it, readable for the "
                    + "service's user")
            return .failing(Located("ldap:\(name): can't be read", at: location))
        }
        found.name = "ldap:\(name)"
        found.location = location
        return LDAPTableBuilder(reading: reading, effect: effect, source: found).build()
    }

    /// Parameters from a file of their own: `$` is an ordinary character in it.
    private func fromFile(_ path: String) -> LDAPTableSource? {
        guard let text = reading.draft.files.text(path) else { return nil }
        var source = LDAPTableSource(isInline: false)
        do throws(TableFaults) {
            let read = try TableParameters(contents: text.bytes, path: path)
            for (name, parameter) in read.values {
                let place = parameter.location?.line.map { text.location(line: $0) }
                source.add(
                    name, parameter.value, at: place ?? SourceLocation(file: text.hostPath ?? path), key: nil)
            }
        } catch {
            for fault in error.faults {
                let place = fault.location?.line.map { text.location(line: $0) }
                reading.error(
                    at: place ?? SourceLocation(file: path), WordList.printable(fault.text),
                    remedy: "write name = value")
            }
        }
        return source
    }

    /// Parameters from main.cf: `acceptdomains_search_base = …`.
    private func inline(_ name: String, at location: SourceLocation) -> LDAPTableSource {
        var source = LDAPTableSource(isInline: true)
        let reader = ParameterReader(reading)
        for parameter in Self.parameters {
            let full = "\(name)_\(parameter)"
            guard reader.isSet(full) else { continue }
            let value = reader.text(full, "of the table ldap:\(name)")
            source.add(parameter, Array(value.value.utf8), at: value.location, key: full)
        }
        return source
    }
}

/// The parameters of one table, and by which name each is told in the report.
struct LDAPTableSource {
    var name = ""
    var location = SourceLocation.builtIn
    let isInline: Bool
    private(set) var parameters = TableParameters()
    private(set) var keys: [String: String] = [:]

    init(isInline: Bool) {
        self.isInline = isInline
    }

    mutating func add(_ name: String, _ value: [UInt8], at location: SourceLocation, key: String?) {
        parameters.values[name] = TableParameters.Parameter(value, at: location)
        keys[name] = key
    }

    func isSet(_ name: String) -> Bool { parameters.values[name] != nil }

    func location(_ name: String) -> SourceLocation { parameters.location(name) ?? location }
}

/// Makes the model of one LDAP table and of the servers it asks.
struct LDAPTableBuilder {
    let reading: PostfixReading
    let effect: ImportReport.Effect
    let source: LDAPTableSource

    private var parameters: TableParameters { source.parameters }

    func build() -> TableModel? {
        for (name, parameter) in parameters.values.sorted(by: { $0.key < $1.key }) {
            guard String(validating: parameter.value, as: UTF8.self) != nil || name == "bind_pw" else {
                reading.error(
                    at: source.location(name), "\(name) holds bytes that are no text", remedy: "write it in UTF-8")
                return nil
            }
            tell(name, .used, "of the table \(source.name)")
        }
        tellUnusual()
        guard let servers = LDAPServersReader(builder: self).servers() else { return nil }
        let directory = reading.draft.directory(servers, name: hostName(servers))
        let filter = text("query_filter") ?? Located("(mailacceptinggeneralid=%s)", at: source.location)
        guard !filter.value.isEmpty else {
            let note = "an empty filter is refused by the server: every lookup is a temporary failure"
            tell("query_filter", .unsupported(effect), note)
            return .failing(Located("\(source.name): \(note)", at: filter.location))
        }
        var table = LDAPTableModel(
            name: source.name, directory: Located(directory, at: source.location("server_host")), filter: filter)
        // An unset base is the root of the server's tree, not the directory's own base.
        table.searchBase = text("search_base") ?? Located("", at: source.location)
        table.scope = scope()
        table.resultAttributes = words("result_attribute") ?? [Located("maildrop", at: source.location)]
        table.specialResultAttributes = words("special_result_attribute") ?? []
        table.terminalResultAttributes = words("terminal_result_attribute") ?? []
        table.leafResultAttributes = words("leaf_result_attribute") ?? []
        // result_filter is what result_format was called before Postfix 2.2.
        table.resultFormat = [text("result_format"), text("result_filter")].lazy.compactMap { $0 }
            .first { !$0.value.isEmpty }
        if let domains = words("domain"), !domains.isEmpty {
            table.domains = TableReader(reading, effect: effect).items(domains)
        }
        table.recursionLimit = integer("recursion_limit", minimum: 1)?.map { min($0, 100_000) }
        table.expansionLimit = integer("expansion_limit", minimum: 0)?.map { min($0, 1_000_000) }
        table.sizeLimit = integer("size_limit", minimum: 0)?.map { min($0, 1_000_000) }
        table.dereference = dereference()
        if !table.specialResultAttributes.isEmpty {
            tell(
                "special_result_attribute", .difference(.selfContainingGroups),
                "groups are followed; one that contains itself delivers to its members, where Postfix fails")
        }
        return .ldap(table)
    }

    private func tellUnusual() {
        for name in ["cache", "cache_expiry", "cache_size"] {
            tell(name, .notNeeded, "ignored by Postfix since 2.0; answers are cached by the directory's own settings")
        }
        tell("debuglevel", .notNeeded, "postroom explain shows what is asked and answered")
        tell("tls_random_file", .notNeeded, "the system's random numbers are used")
        tell("version", .used, "LDAP version 3 is spoken")
        if let version = text("version"), version.value != "3" {
            tell(
                "version", .notNeeded, "LDAP version \(version.value) is spoken as version 3, which every server speaks"
            )
        }
        for name in parameters.values.keys.sorted() where !LDAPTableReader.parameters.contains(name) {
            tell(name, .ignored, "no parameter of an LDAP table (ldap_table(5)); Postfix ignores it too")
        }
    }

    /// Into the report once: by its own entry for a table's file, by main.cf's for a parameter there.
    func tell(_ name: String, _ fate: ImportReport.Fate, _ note: String) {
        guard source.isSet(name) else { return }
        if let key = source.keys[name] {
            reading.tell(key, fate, note)
        } else {
            reading.tellTableParameter(
                name, value: parameters.text(name) ?? "", at: source.location(name), fate, note)
        }
    }

    private func hostName(_ servers: LDAPServersModel) -> String {
        let host = servers.urls.first.flatMap { try? LDAPURL(parsing: $0.value) }?.host ?? ""
        return host.isEmpty ? "ldap" : host
    }

    // MARK: Values

    func text(_ name: String) -> Located<String>? {
        parameters.text(name).map { Located($0, at: source.location(name)) }
    }

    private func words(_ name: String) -> [Located<String>]? {
        parameters.words(name)?.map { Located($0, at: source.location(name)) }
    }

    func boolean(_ name: String) -> Bool? {
        do throws(TableFault) {
            return try parameters.boolean(name)
        } catch {
            reading.error(
                at: source.location(name), WordList.printable(error.text), remedy: "write \(name) = yes or \(name) = no"
            )
            return nil
        }
    }

    func integer(_ name: String, minimum: Int) -> Located<Int>? {
        do throws(TableFault) {
            return try parameters.integer(name, in: minimum...Int(Int32.max)).map {
                Located($0, at: source.location(name))
            }
        } catch {
            reading.error(at: source.location(name), WordList.printable(error.text), remedy: "write a decimal number")
            return nil
        }
    }

    private func scope() -> Located<String>? {
        guard let scope = text("scope") else { return nil }
        guard ["sub", "one", "base"].contains(scope.value.lowercased()) else {
            reading.warning(
                at: scope.location,
                "scope: \"\(WordList.printable(scope.value))\" is none of sub, one, base: sub is used",
                remedy: "write scope = sub")
            return nil
        }
        return scope.map { $0.lowercased() }
    }

    private func dereference() -> Located<Int>? {
        guard let number = integer("dereference", minimum: Int(Int32.min)) else { return nil }
        guard (0...3).contains(number.value) else {
            reading.warning(
                at: number.location, "dereference: \(number.value) is not 0, 1, 2 or 3: 0 is used",
                remedy: "write 0, 1, 2 or 3")
            return nil
        }
        return number
    }
}
