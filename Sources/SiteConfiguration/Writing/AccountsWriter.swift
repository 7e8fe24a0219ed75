extension AccountsModel {
    func document(showsHashes: Bool) -> YAMLValue {
        var entries = YAMLEntries()
        if !passwords.isEmpty {
            entries.add("password", .list(passwords.map { $0.document(showsHashes: showsHashes) }))
        }
        if !users.isEmpty { entries.add("user", .list(users.map { $0.document(showsHashes: showsHashes) })) }
        entries.add("submission", submission?.document(showsHashes: showsHashes))
        entries.add("mail_location", mailLocation)
        entries.add("home", home)
        entries.add("default_domain", defaultDomain)
        entries.add("login_format", loginFormat)
        entries.add("login_characters", loginCharacters)
        entries.add("login_translation", loginTranslation)
        entries.add("mechanisms", mechanisms)
        entries.add("master_separator", masterSeparator)
        if variables.value != .percent { entries.add("variables", variables) }
        entries.add("uid", uid)
        entries.add("gid", gid)
        entries.add("minimum_uid", minimumUID)
        entries.add("minimum_gid", minimumGID)
        entries.add("maximum_uid", maximumUID)
        entries.add("maximum_gid", maximumGID)
        entries.add("quota_rules", quotaRules)
        entries.add("quota", quota.entries)
        if !namespaces.isEmpty { entries.add("namespaces", .mapping(namespaces.map { ($0.name, $0.document) })) }
        entries.add("acl", accessControl.entries)
        entries.add("cache_time", cacheTime)
        if outageTime > .zero { entries.add("outage_time", outageTime) }
        return entries.value
    }
}

extension AccessControlModel {
    var entries: YAMLEntries {
        var entries = YAMLEntries()
        entries.add("enabled", isEnabled, unless: true)
        entries.add("commands", hasCommands, unless: true)
        entries.add("site_lists", siteLists)
        entries.add("shared_file", sharedFile)
        entries.add("defaults_from_inbox", defaultsFromInbox, unless: false)
        return entries
    }
}

extension QuotaModel {
    var entries: YAMLEntries {
        var entries = YAMLEntries()
        entries.add("sizes", sizes)
        if let countsDeleted { entries.add("count_deleted", countsDeleted.value, unless: true) }
        entries.add("grace", grace)
        entries.add("message_size", messageSize)
        entries.add("full_mailbox", fullMailbox)
        entries.add("message", message)
        entries.add("warnings", warnings)
        return entries
    }
}

extension SubmissionLoginModel {
    func document(showsHashes: Bool) -> YAMLValue {
        var entries = YAMLEntries()
        entries.add("password", .list(passwords.map { $0.document(showsHashes: showsHashes) }))
        entries.add("realm", realm)
        entries.add("split_realm", splitsRealm, unless: false)
        entries.add("mechanisms", mechanisms)
        return entries.value
    }
}

extension PasswordDatabaseModel {
    func document(showsHashes: Bool) -> YAMLValue {
        var entries = YAMLEntries()
        entries.add("check", check)
        entries.add("directory", directory)
        entries.add("dn", dn)
        entries.add("base", base)
        entries.add("scope", scope)
        entries.add("filter", filter)
        entries.add("attributes", attributes)
        entries.add("default_scheme", defaultScheme)
        entries.add("active", active?.document)
        entries.add("file", file?.document(showsHashes: showsHashes))
        entries.add("saslauthd", saslauthd?.document)
        entries.add("service", service)
        entries.add("fields", fields.document)
        entries.add("dereference", dereference)
        entries.add("several_entries_are_nobody", severalEntriesAreNobody, unless: false)
        entries.add("chain", chain.entries)
        return entries.value
    }
}

extension [FieldModel] {
    /// In order, which counts: a list of mappings of one key.
    var document: YAMLValue? {
        isEmpty ? nil : .list(map { .mapping([($0.name, $0.template.document)]) })
    }
}

extension UserFileModel {
    func document(showsHashes: Bool) -> YAMLValue {
        var entries = YAMLEntries()
        entries.add("path", path)
        if let lines {
            entries.add("lines", .list(showsHashes || lines.isEmpty ? lines.map(\.document) : [.scalar("(not shown)")]))
        }
        entries.add("username_format", usernameFormat)
        return entries.value
    }
}

extension SaslauthdLookupModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("method", method)
        entries.add("base", base)
        entries.add("filter", filter)
        entries.add("scope", scope)
        entries.add("password_attribute", passwordAttribute)
        entries.add("default_realm", defaultRealm)
        entries.add("join_realm", joinsRealm, unless: false)
        entries.add("group_dn", groupDN)
        entries.add("group_attribute", groupAttribute)
        entries.add("group_match", groupMatch)
        entries.add("group_filter", groupFilter)
        entries.add("group_base", groupBase)
        entries.add("group_scope", groupScope)
        return entries.value
    }
}

extension DatabaseChainModel {
    var entries: YAMLEntries {
        var entries = YAMLEntries()
        entries.add("success", success)
        entries.add("failure", failure)
        entries.add("internal_failure", internalFailure)
        entries.add("skip", skip)
        entries.add("deny", denies, unless: false)
        entries.add("master", isMaster, unless: false)
        entries.add("pass", passes, unless: false)
        entries.add("mechanisms", mechanisms)
        entries.add("username_filter", usernameFilter)
        entries.add("default_fields", defaultFields)
        entries.add("override_fields", overrideFields)
        return entries
    }
}

extension ActiveConditionModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("attribute", attribute)
        entries.add("values", values)
        entries.add("when_missing", whenMissing, unless: false)
        return entries.value
    }
}

extension UserDatabaseModel {
    func document(showsHashes: Bool) -> YAMLValue {
        var entries = YAMLEntries()
        if driver != .ldap { entries.add("driver", driver.rawValue) }
        entries.add("directory", directory)
        entries.add("base", base)
        entries.add("scope", scope)
        entries.add("filter", filter)
        entries.add("address_filter", addressFilter)
        entries.add("attributes", attributes)
        entries.add("active", active?.document)
        entries.add("file", file?.document(showsHashes: showsHashes))
        entries.add("allow_all_users", allowsAllUsers, unless: false)
        entries.add("iterate_filter", iterateFilter)
        entries.add("iterate_attributes", iterateAttributes)
        entries.add("fields", fields.document)
        entries.add("dereference", dereference)
        entries.add("several_entries_are_nobody", severalEntriesAreNobody, unless: false)
        entries.add("chain", chain.entries)
        return entries.value
    }
}

extension NamespaceModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("kind", kind)
        entries.add("prefix", prefix)
        entries.add("separator", separator)
        entries.add("mail_location", mailLocation)
        entries.add("inbox", isInbox, unless: false)
        entries.add("own_seen", hasOwnSeen, unless: false)
        entries.add("hidden", isHidden, unless: false)
        entries.add("list", list)
        entries.add("subscriptions", keepsSubscriptions, unless: true)
        if !mailboxes.isEmpty { entries.add("mailboxes", .list(mailboxes.map(\.document))) }
        return entries.value
    }
}

extension MailboxModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("name", name)
        if creation != .no { entries.add("auto", creation.rawValue) }
        entries.add("special_use", specialUses)
        return entries.value
    }
}
