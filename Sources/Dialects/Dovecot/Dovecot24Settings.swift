import SiteConfiguration

/// What becomes of settings that only Dovecot 2.4 has.
enum Dovecot24Settings {
    static func verdict(_ key: String) -> DovecotSettingTable.Verdict? {
        for (prefixes, verdict) in groups where prefixes.contains(where: { key.hasPrefix($0) }) { return verdict }
        return nil
    }

    /// A setting in a section that is no filter.
    static func verdict(in section: DovecotSection, _ key: String) -> DovecotSettingTable.Verdict? {
        switch section.type {
        case "sieve_script", "managesieve": return DovecotSettingTable.pluginVerdict("sieve")
        case "mail_plugins", "protocols", "mail_attachment_detection_options", "imap_client_workarounds":
            return .init(fate: .notNeeded, note: "is off")
        case "acl", "acl_rights":
            return .init(fate: .ignored, note: "rights for all mailboxes at once are not granted; those in files count")
        case "fts", "language", "fts_autoindex": return DovecotSettingTable.pluginVerdict("fts")
        case "dict_server", "dict", "mail_attribute": return .init(fate: .ignored, note: "dictionaries are not read")
        case "quota_warning": return DovecotSettingTable.pluginVerdict("quota_warning")
        case "quota": return .init(fate: .used, note: DovecotSettingTable.countedQuota)
        default: return DovecotSettingTable.verdict(key, value: "") ?? verdict(key)
        }
    }

    private static let groups: [([String], DovecotSettingTable.Verdict)] = [
        (["ssl_server_dh_file"], .init(fate: .notNeeded, note: "DH parameters are not needed")),
        (
            ["ssl_server_ca_file", "ssl_server_request_client_cert"],
            .init(fate: .unsupported(.login), note: "certificates of clients are not asked for")
        ),
        (
            ["ssl_server_", "ssl_client_", "ssl_"],
            .init(fate: .ignored, note: "of TLS only certificates, versions and suites are chosen")
        ),
        (["quota_"], .init(fate: .ignored, note: "a full mailbox is refused with Postroom's own words")),
        (["sieve_", "managesieve_"], .init(fate: .missingFilter, note: "Sieve scripts are not run")),
        (["fts_", "language_"], .init(fate: .notNeeded, note: "searching needs no plugin")),
        (["acl_"], .init(fate: .ignored, note: "rights in the mailboxes' own files count, these settings do not")),
        (
            ["log_", "event_", "metric_", "login_log_"],
            .init(fate: .notNeeded, note: "what is logged is Postroom's own")
        ),
        (
            ["mail_cache_", "mail_index_", "mailbox_list_", "mail_nfs", "mail_temp_"],
            .init(fate: .notNeeded, note: "Postroom keeps its indexes and caches in its own way")
        ),
        (
            [
                "ldap_connection_group", "ldap_timeout_secs", "ldap_max_idle_time", "ldap_max_requests",
                "ldap_debug_level",
            ],
            .init(fate: .notNeeded, note: "searches share a few connections")
        ),
        (["lmtp_", "lda_"], .init(fate: .ignored, note: "delivery happens inside, in Postroom's own way")),
        (["imap_"], .init(fate: .ignored, note: "a detail of IMAP in which Postroom has its own way")),
        (["service_", "default_"], .init(fate: .notNeeded, note: "concerns Dovecot's processes")),
        (["mail_crypt", "crypt_"], .init(fate: .unsupported(.encryption), note: "encrypted mail can't be read")),
        (["mail_compress", "compress_"], .init(fate: .unsupported(.routing), note: "compressed mail can't be read")),
    ]
}
