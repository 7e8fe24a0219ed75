package import MailModel

/// How the fields of a user become an account: what the configuration adds to what the directory says.
package struct AccountRules: Sendable {
    /// Dovecot's `mail_location`, for users without a `mail` field.
    package var mailLocation: MailLocationTemplate?
    /// Dovecot's `mail_home`, for users without a `home` field.
    package var home: Template?
    package var owner: OwnerRules
    /// For users without a quota of their own.
    package var quota: Quota

    package init(
        mailLocation: MailLocationTemplate? = nil, home: Template? = nil, owner: OwnerRules = OwnerRules(),
        quota: Quota = .unlimited
    ) {
        self.mailLocation = mailLocation
        self.home = home
        self.owner = owner
        self.quota = quota
    }

    /// `login` is what the databases made of the name that the client sent.
    package func account(
        login: [UInt8], identity: String, fields: Fields, _ variables: LoginVariables
    ) throws(AccountFault) -> Account {
        guard let name = String(validating: login, as: UTF8.self), !name.isEmpty else {
            throw AccountFault("the user's name is empty or no UTF-8")
        }
        var variables = variables
        variables.user = login
        if let home = fields["home"] ?? home?.render(variables) {
            try MailLocationTemplate.check(home)
            variables.home = home.count > 1 && home.last == UInt8(ascii: "/") ? home.dropLast() : home
        }
        return Account(
            login: name, identity: identity, location: try location(fields, variables),
            owner: try owner.owner(uid: fields["uid"], gid: fields["gid"]), quota: try quota(fields))
    }

    private func location(_ fields: Fields, _ variables: LoginVariables) throws(AccountFault) -> AccountLocation {
        if fields["proxy"] != nil || fields["proxy_maybe"] != nil {
            guard let host = fields["host"].flatMap({ String(validating: $0, as: UTF8.self) }), !host.isEmpty else {
                throw AccountFault("proxy without a host")
            }
            return .elsewhere(host: host)
        }
        if let value = fields["mail"] ?? fields["mail_location"] {
            return .here(try MailLocationTemplate(value: value).resolve(variables))
        }
        guard let mailLocation else {
            throw AccountFault("no mail location: neither the directory nor the configuration gives one")
        }
        return .here(try mailLocation.resolve(variables))
    }

    /// `quota` is a plain limit; the `quota_rule`s come after it, in the order of their names. A user's own rule for a mailbox
    /// goes before the site's.
    private func quota(_ fields: Fields) throws(AccountFault) -> Quota {
        var quota = self.quota
        if let value = fields["quota"] {
            let limits = try Quota(plain: value)
            (quota.storage, quota.messages) = (limits.storage, limits.messages)
        }
        let rules = fields.all.filter { $0.name.hasPrefix("quota_rule") }.sorted { $0.name < $1.name }
        var own: [QuotaFolderRule] = []
        var hasOwn = false
        for rule in rules {
            guard let value = rule.values.first else { continue }
            if let folder = try QuotaFolderRule(rule: value) {
                own.append(folder)
            } else if let limits = try Quota(rule: value) {
                // The first takes the place of the site's; further ones add what it does not speak of.
                quota.storage = limits.storage ?? (hasOwn ? quota.storage : nil)
                quota.messages = limits.messages ?? (hasOwn ? quota.messages : nil)
                hasOwn = true
                quota.yieldsToMailbox = limits.yieldsToMailbox
            }
        }
        quota.folderRules = own + quota.folderRules
        return quota
    }
}
