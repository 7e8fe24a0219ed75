import SiteConfiguration

/// What becomes of Dovecot's settings that no other part of the import takes: every name that Dovecot 2.3 knows (and those
/// that 2.0 to 2.2 had), by the reason.
enum DovecotSettingTable {
    struct Verdict {
        var fate: ImportReport.Fate
        var note: String
    }

    /// Nil for a name that Dovecot doesn't know at the root.
    static func verdict(_ key: String, value: String) -> Verdict? {
        if let verdict = all[key] { return harmless(key, value) ?? verdict }
        for (prefix, verdict) in byPrefix where key.hasPrefix(prefix) { return verdict }
        return nil
    }

    /// Settings that matter only when they are switched on.
    private static func harmless(_ key: String, _ value: String) -> Verdict? {
        guard case .unsupported? = all[key]?.fate else { return nil }
        guard ["", "no", "0", "none", "optional"].contains(value.lowercased()) else { return nil }
        return Verdict(fate: .notNeeded, note: "is off, as without the setting")
    }

    private static let all: [String: Verdict] = {
        var table: [String: Verdict] = [:]
        for (fate, note, names) in groups {
            for name in names.split(whereSeparator: \.isWhitespace) {
                table[String(name)] = Verdict(fate: fate, note: note)
            }
        }
        return table
    }()

    private static let byPrefix: [(String, Verdict)] = [
        ("imapc_", Verdict(fate: .ignored, note: "mail on another IMAP server is not served")),
        ("pop3c_", Verdict(fate: .ignored, note: "mail on another POP3 server is not served")),
        ("pop3_", Verdict(fate: .notNeeded, note: "POP3 is not among the protocols")),
        (
            "mbox_",
            Verdict(
                fate: .notNeeded, note: "what is written to an mbox is written at once, and read again where it changed"
            )
        ),
        ("director_", Verdict(fate: .ignored, note: "one machine serves all")),
        ("replicat", Verdict(fate: .ignored, note: "mail is not replicated")),
        ("dsync_", Verdict(fate: .ignored, note: "mail is not replicated")),
        ("doveadm_", Verdict(fate: .notNeeded, note: "postroom has its own commands")),
        ("old_stats_", Verdict(fate: .notNeeded, note: "see metrics")),
        ("stats_", Verdict(fate: .notNeeded, note: "see metrics")),
        ("submission_", Verdict(fate: .ignored, note: "submission is what Postfix's configuration says")),
        ("imap_hibernate", Verdict(fate: .notNeeded, note: "idle sessions cost little")),
        ("managesieve_", Verdict(fate: .missingFilter, note: "scripts of users are not run")),
    ]

    private static let groups: [(ImportReport.Fate, String, String)] = [
        (
            .notNeeded, "what is logged is Postroom's own",
            """
            auth_debug auth_debug_passwords auth_verbose auth_verbose_passwords auth_stats debug_log_path
            deliver_log_format info_log_path log_core_filter log_debug log_path log_timestamp login_log_format
            login_log_format_elements mail_debug mail_log_prefix syslog_facility verbose_proctitle verbose_ssl
            imap_logout_format imap_id_log imap_urlauth_logout_format rawlog_dir lmtp_rawlog_dir
            lmtp_proxy_rawlog_dir login_proxy_rawlog_dir lmtp_verbose_replies mail_log_max_lines_per_sec
            """
        ),
        (
            .notNeeded, "concerns Dovecot's processes",
            """
            base_dir config_cache_size default_client_limit default_idle_kill default_internal_group
            default_internal_user default_login_user default_process_limit default_vsz_limit import_environment
            instance_name libexec_dir login_plugin_dir mail_plugin_dir process_shutdown_filter shutdown_clients
            state_dir version_ignore auth_worker_max_count auth_worker_max_request_count auth_socket_path
            auth_proxy_self login_dir license_checksum login_process_size login_processes_count max_mail_processes
            login_max_processes_count login_process_per_connection login_greeting_capability
            mail_drop_priv_before_exec dict_db_config rundir dovecot_storage_version auth_ntlm_use_winbind
            """
        ),
        (
            .notNeeded, "Postroom keeps its indexes and caches in its own way",
            """
            mail_always_cache_fields mail_cache_fields mail_never_cache_fields mailbox_list_index
            mailbox_list_index_include_inbox mailbox_list_index_very_dirty_syncs mail_vsize_bg_after_count
            mail_sort_max_read_count mail_prefetch_count mail_temp_dir mail_temp_scan_interval
            mailbox_idle_check_interval mmap_disable mmap_no_write dotlock_use_excl lock_method mail_fsync
            fsync_disable mail_nfs_index mail_nfs_storage maildir_broken_filename_sizes
            maildir_copy_with_hardlinks maildir_copy_preserve_filename maildir_empty_new maildir_stat_dirs
            maildir_very_dirty_syncs mdbox_preallocate_space mdbox_rotate_interval mdbox_rotate_size
            dbox_rotate_size dbox_rotate_min_size dbox_rotate_days mail_max_lock_timeout
            mail_max_keyword_length mail_save_crlf mail_attachment_detection_options mail_attachment_hash
            mail_attachment_min_size mail_attachment_fs mail_full_filesystem_access mail_access_groups
            mail_privileged_group mail_shared_explicit_inbox mail_cache_min_mail_count
            """
        ),
        (
            .notNeeded, "DH parameters are not needed: key exchange is by elliptic curves",
            "ssl_dh ssl_dh_parameters_length ssl_parameters_regenerate"
        ),
        (
            .ignored, "of TLS only certificates, versions and suites are chosen",
            """
            ssl_cipher_suites ssl_crypto_device ssl_curve_list ssl_options ssl_prefer_server_ciphers
            ssl_client_cert ssl_client_key ssl_client_ca_dir ssl_client_ca_file ssl_client_require_valid_cert
            ssl_require_crl ssl_cert_username_field
            """
        ),
        (
            .ignored, "delivery happens inside, in Postroom's own way",
            """
            lda_mailbox_autocreate lda_mailbox_autosubscribe lda_original_recipient_header
            lmtp_add_received_header lmtp_client_workarounds lmtp_hdr_delivery_address lmtp_proxy
            lmtp_rcpt_check_quota lmtp_save_to_detail_mailbox lmtp_user_concurrency_limit quota_full_tempfail
            rejection_reason rejection_subject sendmail_path hostname postmaster_address recipient_delimiter
            """
        ),
        (
            .ignored, "a detail of IMAP in which Postroom has its own way",
            """
            imap_capability imap_client_workarounds imap_fetch_failure imap_id_retain imap_id_send
            imap_idle_notify_interval imap_literal_minus imap_max_line_length imap_metadata imap_urlauth_host
            imap_urlauth_port mail_attribute_dict mail_server_admin mail_server_comment login_plugins
            login_proxy_max_disconnect_delay login_proxy_max_reconnects login_proxy_notify_path
            login_proxy_timeout login_source_ips
            """
        ),
        (
            .ignored, "connections are bounded for each client address (limits), not for each user of it",
            "mail_max_userip_connections"
        ),
        (
            .notNeeded, "guesses are slowed down by Postroom's own throttle",
            "auth_failure_delay auth_cache_negative_ttl auth_cache_verify_password_with_worker"
        ),
        (
            .ignored, "a mechanism that is not offered",
            """
            auth_gssapi_hostname auth_krb5_keytab auth_winbind_helper_path auth_realms auth_anonymous_username
            auth_use_winbind
            """
        ),
        (
            .unsupported(.login), "logins by a policy server are not asked for",
            """
            auth_policy_server_url auth_policy_check_after_auth auth_policy_check_before_auth auth_policy_hash_mech
            auth_policy_hash_nonce auth_policy_hash_truncate auth_policy_log_only auth_policy_reject_on_fail
            auth_policy_report_after_auth auth_policy_request_attributes auth_policy_server_api_header
            auth_policy_server_timeout_msecs
            """
        ),
        (
            .unsupported(.login), "certificates of clients are not asked for",
            "auth_ssl_require_client_cert auth_ssl_username_from_cert ssl_verify_client_cert ssl_ca"
        ),
        (
            .unsupported(.login), "connections are not shown to another program first",
            "login_access_sockets"
        ),
        (
            .unsupported(.login), "whose clients may log in without TLS depends on this",
            "login_trusted_networks haproxy_trusted_networks"
        ),
        (.notNeeded, "the PROXY protocol is not spoken", "haproxy_timeout"),
        (
            .unsupported(.routing), "attachments stand in files apart: such mail can't be read",
            "mail_attachment_dir"
        ),
        (.ignored, "sessions are not confined to a folder by chroot", "mail_chroot valid_chroot_dirs"),
        (
            .ignored, "keys with a password, and second certificates, are not used",
            "ssl_key_password ssl_alt_cert ssl_alt_key"
        ),
    ]

    // MARK: Plugins

    /// Settings of `plugin { … }`, which may hold anything.
    static func pluginVerdict(_ key: String) -> Verdict {
        for (prefixes, verdict) in plugins where prefixes.contains(where: { key.hasPrefix($0) }) { return verdict }
        return Verdict(fate: .ignored, note: "no plugin of this name is there")
    }

    private static let plugins: [([String], Verdict)] = [
        (
            ["sieve", "managesieve"],
            Verdict(fate: .missingFilter, note: "Sieve scripts are not run: mail goes to INBOX")
        ),
        (["antispam", "spamtest"], Verdict(fate: .missingFilter, note: "no training of spam filters")),
        (
            ["acl"],
            Verdict(fate: .ignored, note: "rights of others on mailboxes are not granted: nobody sees another's")
        ),
        (["fts", "plugin_fts"], Verdict(fate: .notNeeded, note: "searching needs no plugin")),
        (
            [
                "quota_grace", "quota_exceeded_message", "quota_status", "quota_over", "quota_vsizes",
                "quota_max_mail_size",
            ],
            Verdict(fate: .ignored, note: "quotas are looked at in RCPT, with Postroom's own words")
        ),
        (["quota_warning"], Verdict(fate: .missingFilter, note: "programs are not run when a mailbox fills")),
        (["mail_log", "stats_", "event_"], Verdict(fate: .notNeeded, note: "what is logged is Postroom's own")),
        (
            ["mail_crypt"],
            Verdict(fate: .unsupported(.encryption), note: "mail is kept as it comes: encrypted mail can't be read")
        ),
        (["zlib_save", "mail_compress"], Verdict(fate: .unsupported(.routing), note: "compressed mail can't be read")),
        (
            ["last_login", "push_notification", "notify"],
            Verdict(fate: .ignored, note: "nobody else is told of events")
        ),
        (
            ["trash", "expire", "autoexpunge", "lazy_expunge"],
            Verdict(fate: .ignored, note: "mail is not removed by itself")
        ),
        (["mail_replica", "replication"], Verdict(fate: .ignored, note: "mail is not replicated")),
    ]

    /// What becomes of a quota, whoever sets it.
    static let countedQuota = "counted in maildirsize"

    /// What a plugin that is loaded (mail_plugins) means for the site.
    static func loadedPlugin(_ name: String) -> Verdict {
        switch name {
        case "quota", "imap_quota": Verdict(fate: .used, note: countedQuota)
        case "sieve", "imap_sieve", "antispam", "spam": pluginVerdict("sieve")
        case "acl", "imap_acl": Verdict(fate: .used, note: "ACLs are kept in Dovecot's files")
        case "mail_crypt", "mail_crypt_acl": pluginVerdict("mail_crypt")
        case "zlib", "imap_zlib", "mail_compress":
            Verdict(fate: .unsupported(.routing), note: "mail may be kept compressed, and such mail can't be read")
        case "fts", "fts_lucene", "fts_solr", "fts_flatcurve", "fts_xapian", "fts_squat": pluginVerdict("fts")
        case "virtual": Verdict(fate: .ignored, note: "virtual mailboxes are not shown")
        default: Verdict(fate: .ignored, note: "the plugin is not there")
        }
    }

    /// Built-in values that configurations build on with `$name`.
    static let defaults: [String: String] = [
        "mail_plugins": "", "protocols": "", "auth_mechanisms": "plain", "mail_home": "", "mail_location": "",
        "login_greeting": "Dovecot ready.", "ssl": "yes", "listen": "*, ::", "hostname": "", "postmaster_address": "",
        "mail_uid": "", "mail_gid": "", "auth_default_realm": "", "mail_access_groups": "", "imap_capability": "",
        "login_log_format_elements": "user=<%u> method=%m rip=%r lip=%l mpid=%e %c session=<%{session}>",
        "imap_client_workarounds": "", "log_path": "syslog", "info_log_path": "", "debug_log_path": "",
        "default_internal_user": "dovecot", "default_internal_group": "dovecot", "default_login_user": "dovenull",
        "base_dir": "/run/dovecot", "state_dir": "/var/lib/dovecot", "recipient_delimiter": "+",
        "mail_log_prefix": "%s(%u)<%{pid}><%{session}>: ", "ssl_min_protocol": "TLSv1.2",
    ]
}
