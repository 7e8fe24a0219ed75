extension SenderModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("logins", logins)
        entries.add("check_login", checksLogin ? "yes" : "no")
        entries.add("check_from", checksFrom, unless: false)
        entries.add("aliases", includesAliases, unless: false)
        entries.add("groups", includesGroups, unless: false)
        entries.add("messages_per_hour", messagesPerHour)
        entries.add("recipients_per_hour", recipientsPerHour)
        return entries.value
    }
}

extension PolicyModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("networks", networks)
        entries.add("authentication", isAuthenticationEnabled ? "yes" : "no")
        entries.add("delay_reject", delaysReject, unless: true)
        entries.add("relay_before_recipient", relayBeforeRecipient, unless: true)
        func add(_ key: String, _ list: [RestrictionModel]) {
            if !list.isEmpty { entries.add(key, .list(list.map(\.document))) }
        }
        add("client_restrictions", clientRestrictions)
        add("helo_restrictions", heloRestrictions)
        add("sender_restrictions", senderRestrictions)
        add("relay_restrictions", relayRestrictions)
        add("recipient_restrictions", recipientRestrictions)
        add("data_restrictions", dataRestrictions)
        add("end_of_data_restrictions", endOfDataRestrictions)
        if !restrictionClasses.isEmpty {
            let classes = restrictionClasses.map { ($0.name.value, YAMLValue.list($0.restrictions.map(\.document))) }
            entries.add("restriction_classes", .mapping(classes))
        }
        entries.add("sender_logins", senderLogins)
        entries.add("header_rewrite_clients", headerRewriteClients)
        entries.add("reject_unlisted_recipient", rejectsUnlistedRecipient, unless: true)
        entries.add("reject_unlisted_sender", rejectsUnlistedSender, unless: false)
        entries.add("unknown_address_reject_code", unknownAddressCode)
        entries.add("unknown_client_reject_code", unknownClientCode)
        entries.add("unknown_hostname_reject_code", unknownHostnameCode)
        entries.add("maps_rbl_reject_code", listedCode)
        entries.add("unknown_address_tempfail_action", unknownAddressFailure)
        entries.add("unknown_helo_hostname_tempfail_action", unknownHostnameFailure)
        return entries.value
    }
}

extension RestrictionModel {
    var document: YAMLValue {
        switch self {
        case .named(let name): name.document
        case .access(let key, let table): .mapping([(key.value.rawValue, table.document)])
        case .warning(let inner, let word): .mapping([(word.value, inner.document)])
        case .policyService(let address): .mapping([("check_policy_service", address.document)])
        }
    }
}
