/// `policies:`: what clients may do, by name, for listeners to refer to.
enum PolicySection {
    static func read(_ site: SectionReader) -> [PolicyModel] {
        (site.node("policies")?.entries ?? []).map { policy($0.key, SectionReader($0.value, site.context)) }
    }

    private static func policy(_ name: String, _ reader: SectionReader) -> PolicyModel {
        var model = PolicyModel(name: name)
        model.networks = TableSection.matchList("networks", reader)
        model.isAuthenticationEnabled = reader.boolean("authentication")?.value ?? false
        model.delaysReject = reader.boolean("delay_reject")?.value ?? true
        model.relayBeforeRecipient = reader.boolean("relay_before_recipient")?.value ?? true
        model.clientRestrictions = restrictions("client_restrictions", reader)
        model.heloRestrictions = restrictions("helo_restrictions", reader)
        model.senderRestrictions = restrictions("sender_restrictions", reader)
        model.relayRestrictions = restrictions("relay_restrictions", reader)
        model.recipientRestrictions = restrictions("recipient_restrictions", reader)
        model.dataRestrictions = restrictions("data_restrictions", reader)
        model.endOfDataRestrictions = restrictions("end_of_data_restrictions", reader)
        model.restrictionClasses = (reader.node("restriction_classes")?.entries ?? []).map { entry in
            let elements = entry.value.elements ?? [entry.value]
            return RestrictionClassModel(
                name: Located(entry.key, at: entry.keyLocation),
                restrictions: elements.compactMap { restriction($0, reader.context, depth: 0) })
        }
        model.senderLogins = reader.node("sender_logins") == nil ? nil : TableSection.tables("sender_logins", reader)
        if reader.node("header_rewrite_clients") != nil {
            model.headerRewriteClients = TableSection.matchList("header_rewrite_clients", reader)
        }
        model.rejectsUnlistedRecipient = reader.boolean("reject_unlisted_recipient")?.value ?? true
        model.rejectsUnlistedSender = reader.boolean("reject_unlisted_sender")?.value ?? false
        let codes = PolicyModel.rejectCodes
        model.unknownAddressCode = reader.integer("unknown_address_reject_code", in: codes)
        model.unknownClientCode = reader.integer("unknown_client_reject_code", in: codes)
        model.unknownHostnameCode = reader.integer("unknown_hostname_reject_code", in: codes)
        model.listedCode = reader.integer("maps_rbl_reject_code", in: codes)
        let failure = PolicyModel.TemporaryFailure.self
        model.unknownAddressFailure = reader.choice("unknown_address_tempfail_action", failure)
        model.unknownHostnameFailure = reader.choice("unknown_helo_hostname_tempfail_action", failure)
        reader.finish()
        return model
    }

    private static func restrictions(_ key: String, _ reader: SectionReader) -> [RestrictionModel] {
        guard let node = reader.node(key) else { return [] }
        return (node.elements ?? [node]).compactMap { restriction($0, reader.context, depth: 0) }
    }

    private static func restriction(
        _ node: ConfigurationNode, _ context: ReadingContext, depth: Int
    ) -> RestrictionModel? {
        if let text = node.scalar { return .named(Located(text, at: node.location)) }
        guard let entry = node.entries?.first, node.entries?.count == 1, depth < 4 else {
            context.faults.error(
                at: node.location, "\(node.path) must be one restriction",
                remedy: "a name, or a mapping of one key such as {check_sender_access: TABLE}")
            return nil
        }
        if let key = RestrictionModel.AccessKey(rawValue: entry.key) {
            return TableSection.table(entry.value, context).map { .access(Located(key, at: entry.keyLocation), $0) }
        }
        switch entry.key {
        case "warn_if_reject":
            return restriction(entry.value, context, depth: depth + 1).map {
                .warning($0, at: Located(entry.key, at: entry.keyLocation))
            }
        case "check_policy_service":
            return context.string(entry.value).map { .policyService($0) }
        default:
            context.faults.error(
                at: entry.keyLocation, "\(node.path): there is no restriction \(entry.key)",
                remedy:
                    "check_client_access, check_helo_access, check_sender_access, check_recipient_access and their kin "
                    + "(check_sender_mx_access …), check_policy_service or warn_if_reject")
            return nil
        }
    }
}
