package import Directory
package import LDAP

/// One of all accounts that there are.
package struct ListedAccount: Sendable {
    /// The entry's DN, or the database's name where there is none.
    package var origin: String
    package var login: String
    /// Nil when what the directory says makes no account: `fault` tells why.
    package var account: Account?
    package var fault: String?
    /// The field that says where mail lies, as the directory has it: a `/` at its end may mean something.
    package var mail: [UInt8]?
    /// Values of further attributes that were asked for.
    package var further: [LDAPAttribute] = []
}

/// All accounts that the databases of users can list, and why some of them can't.
package struct AccountListing: Sendable {
    package var accounts: [ListedAccount] = []
    package var failures: [UnavailableReason] = []
}

extension DirectoryAccounts {
    /// The accounts of every database of users, by one search for each.
    ///
    /// - Parameters:
    ///   - further: attributes to read besides.
    ///   - inAnyState: whether entries count that the databases' filters leave out (an account that is not in use).
    package func listed(alsoReading further: [String] = [], inAnyState: Bool = false) async -> AccountListing {
        var listing = AccountListing()
        for database in options.userDatabases {
            switch database.method {
            case .search(let lookup):
                await list(lookup, database, further, inAnyState, &listing)
            case .passwdFile(let lookup):
                switch await lookup.users() {
                case .absent: break
                case .unavailable(let reason): listing.failures.append(reason)
                case .found(let users):
                    for user in users { await list(user, database, &listing) }
                }
            case .prefetch, .fixed:
                listing.failures.append(
                    UnavailableReason(
                        .misconfigured,
                        "\(database.name) can't list its users: only a directory and a file of users can"))
            }
        }
        return listing
    }

    private func list(_ user: [UInt8], _ database: UserDatabase, _ listing: inout AccountListing) async {
        let answer = await account(for: user, service: "imap")
        var listed = ListedAccount(origin: database.name, login: String(decoding: user, as: UTF8.self))
        switch answer.outcome {
        case .absent: return
        case .found(let account): listed.account = account
        case .unavailable(let reason): listed.fault = reason.text
        }
        listing.accounts.append(listed)
    }

    private func list(
        _ lookup: EntryLookup, _ database: UserDatabase, _ further: [String], _ inAnyState: Bool,
        _ listing: inout AccountListing
    ) async {
        let nobody = variables([], service: "imap")
        let names = database.iteration?.base ?? lookup.base
        guard names.isConstant, let base = names.render(nobody) else {
            let text =
                "\(database.name): the search base \"\(names)\" is another for each login: its users can't be listed"
            listing.failures.append(UnavailableReason(.misconfigured, text))
            return
        }
        let keys = lookup.filter.loginAttributes
        var filter = database.iteration?.filter.render(nobody) ?? lookup.filter.presence
        let mapped = lookup.mapping.withoutSecrets.attributes
        if inAnyState {
            let places = (mapped ?? []).map { AttributeDescription($0) } + keys
            if !places.isEmpty { filter = .or(places.map { .present($0) }) }
        }
        let active = inAnyState ? nil : database.active
        let wanted =
            (mapped ?? ["*"]) + keys.map(\.spelling) + (database.iteration?.mapping.attributes ?? [])
            + LDAPEntry.identityAttributes + (active?.attributes ?? []) + further
        let request = SearchRequest(
            base: base.description, scope: lookup.scope, filter: filter, attributes: wanted,
            dereference: lookup.dereference)
        let entries: [LDAPEntry]
        switch await lookup.source.search(request) {
        case .entries(let found): entries = found
        case .noSuchObject:
            let text = "\(lookup.source.name): the search base \"\(base)\" does not exist"
            listing.failures.append(UnavailableReason(.misconfigured, text))
            return
        case .failed(let reason):
            listing.failures.append(reason)
            return
        }
        for entry in entries {
            if let active {
                switch await active.check(entry, lookup.source, nobody, location: nil).outcome {
                case .active: break
                case .inactive: continue
                case .failed(let reason):
                    listing.failures.append(reason)
                    return
                }
            }
            listing.accounts.append(await listed(entry, lookup, database, keys, further))
        }
    }

    private func listed(
        _ entry: LDAPEntry, _ lookup: EntryLookup, _ database: UserDatabase, _ keys: [AttributeDescription],
        _ further: [String]
    ) async -> ListedAccount {
        var nobody = variables([], service: "imap")
        let login =
            database.iteration?.mapping.listed(entry, &nobody).first ?? keys.lazy.compactMap { entry[$0].first }.first
            ?? []
        var variables = variables(login, service: "imap")
        let fields = lookup.mapping.evaluate(entry, &variables)
        let user = UserDatabase.User(name: fields["user"], fields: fields, identity: entry.identity, origin: entry.name)
        let name = fields["user"] ?? login
        var listed = ListedAccount(origin: entry.name, login: String(decoding: name, as: UTF8.self))
        listed.mail = fields["mail"] ?? fields["mail_location"]
        listed.further = further.map { LDAPAttribute(AttributeDescription($0), entry[AttributeDescription($0)]) }
        switch await account(user, login: name, variables).outcome {
        case .found(let account): listed.account = account
        case .absent: break
        case .unavailable(let reason): listed.fault = reason.text
        }
        return listed
    }
}
