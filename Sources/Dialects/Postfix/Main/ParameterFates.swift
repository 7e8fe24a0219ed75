import SiteConfiguration

/// Parameters that no reader asks for: why they are not needed, or what they would have changed.
enum ParameterFates {
    /// Set to something that is neither empty nor off, they change what matters.
    static let unsupported: [String: (effect: ImportReport.Effect, note: String)] = [
        "relocated_maps": (.routing, "replies that tell a new address are not given"),
        "smtp_generic_maps": (.routing, "addresses are not rewritten on their way out"),
        "best_mx_transport": (.routing, "mail for hosts whose MX we are is sent on"),
        "defer_transports": (.routing, "transports are not held"),
        "disable_dns_lookups": (.routing, "next hops are found by their MX records"),
        "smtpd_command_filter": (.routing, "commands are not rewritten"),
        "virtual_delivery_status_filter": (.routing, "delivery results are not rewritten"),
        "default_delivery_status_filter": (.routing, "delivery results are not rewritten"),
        "smtpd_sasl_exceptions_networks": (.login, "AUTH is offered to every client"),
        "permit_mx_backup_networks": (.relaying, "permit_mx_backup is not known"),
        "relay_clientcerts": (.relaying, "clients are not known by their certificates"),
        "smtpd_authorized_xclient_hosts": (.relaying, "XCLIENT is not spoken"),
        "smtpd_upstream_proxy_protocol": (.relaying, "the address before a proxy would not be known"),
        "allow_untrusted_routing": (.relaying, "addresses with a route in them are refused"),
        "smtp_tls_per_site": (.encryption, "use smtp_tls_policy_maps"),
        "tls_server_sni_maps": (.encryption, "one certificate is shown to every client"),
        "smtpd_tls_req_ccert": (.encryption, "client certificates are not asked for"),
    ]

    /// Part of how Postfix works inside.
    static let notNeeded: [String: String] = [
        "compatibility_level": "says which of Postfix's defaults hold",
        "receive_override_options": "each message passes here once, its addresses expanded once",
        "biff": "nobody is told at a terminal",
        "readme_directory": "of Postfix's documents",
        "html_directory": "of Postfix's documents",
        "manpage_directory": "of Postfix's documents",
        "sample_directory": "of Postfix's documents",
        "queue_directory": "relative paths begin here; Postroom's queue lies elsewhere",
        "config_directory": "where Postfix's files lie",
        "command_directory": "Postfix's programs are not run",
        "daemon_directory": "Postfix's programs are not run",
        "shlib_directory": "Postfix's programs are not run",
        "meta_directory": "Postfix's programs are not run",
        "data_directory": "Postfix's programs are not run",
        "sendmail_path": "Postfix's programs are not run",
        "mailq_path": "Postfix's programs are not run",
        "newaliases_path": "alias files are read from their text",
        "mail_owner": "the service user is Postroom's own",
        "setgid_group": "mail of this machine's programs comes over a socket",
        "debug_peer_level": "postroom explain and the log's levels take its place",
        "debug_peer_list": "postroom explain and the log's levels take its place",
        "debugger_command": "postroom explain takes its place",
        "mail_name": "part of the greeting",
        "mail_version": "part of the greeting",
        "default_database_type": "tables are read from their text",
        "proxy_read_maps": "tables are opened by the server itself",
        "syslog_name": "the log names its listener",
        "syslog_facility": "the log goes to standard error, for the journal",
        "maillog_file": "the log goes to standard error, for the journal",
        "enable_long_queue_ids": "names of queued messages are Postroom's own",
        "unknown_local_recipient_reject_code": "unknown recipients are refused with 550",
        "default_process_limit": "there are no processes to bound; connections are",
        "smtpd_tls_session_cache_timeout": "TLS sessions are resumed by tickets",
        "smtputf8_enable": "addresses in UTF-8 are taken where the client says so",
        "hash_queue_names": "Postroom's queue has folders of its own",
        "hash_queue_depth": "Postroom's queue has folders of its own",
        "strict_rfc821_envelopes": "envelopes are read strictly",
    ]

    /// Whole families that decide neither where mail goes nor who may do what.
    static func family(_ name: String) -> String? {
        let prefixes = [
            ("postscreen_", "of postscreen: strangers are not screened"),
            ("dnsblog_", "of postscreen: strangers are not screened"),
            ("tlsproxy_", "of postscreen: strangers are not screened"),
            ("address_verify_", "recipients elsewhere are not probed"),
            ("milter_", "milters are not asked"),
            ("smtpd_policy_service_", "policy servers are not asked"),
            ("qmgr_", "of Postfix's queue manager"),
            ("anvil_", "of Postfix's counter of clients"),
            ("ipc_", "there are no processes that talk to each other"),
            ("lmtp_", "of Postfix's LMTP client; Postroom's own bounds hold"),
            ("fast_flush_", "ETRN is not offered"),
            ("berkeley_db_", "tables are read from their text"),
            ("lmdb_", "tables are read from their text"),
            ("multi_instance_", "each Postroom has a configuration of its own"),
            ("postmulti_", "each Postroom has a configuration of its own"),
            ("qmqpd_", "QMQP is not spoken"),
        ]
        if let found = prefixes.first(where: { name.hasPrefix($0.0) }) { return found.1 }
        if name.hasSuffix("_service_name") { return "Postfix's programs are not run" }
        if name.hasSuffix("_reject_code") || name.hasSuffix("_defer_code") {
            return "replies have Postfix's usual codes"
        }
        if name.hasSuffix("_notice_recipient") || name == "notify_classes" {
            return "the postmaster is told by log and metrics"
        }
        if ParameterDefaults.isTransportParameter(name) { return "Postroom's own bounds on deliveries hold" }
        return nil
    }

    static func isOff(_ value: String) -> Bool { ["", "no", "none"].contains(value.lowercased()) }
}
