import SiteConfiguration

/// docker-mailserver's variables (its documentation's page "Environment"), and what becomes of those that compose no file.
enum MailserverVariables {
    /// What each switch turns on that Postroom does not have; those in `onByDefault` are on when nobody says otherwise.
    static let filters: [String: String] = [
        "ENABLE_AMAVIS": "Amavis, which passes mail to the scanners",
        "ENABLE_CLAMAV": "ClamAV's search for viruses",
        "ENABLE_SPAMASSASSIN": "SpamAssassin",
        "ENABLE_SPAMASSASSIN_KAM": "SpamAssassin's KAM rules",
        "ENABLE_RSPAMD": "Rspamd",
        "ENABLE_RSPAMD_REDIS": "Rspamd's database",
        "ENABLE_OPENDKIM": "OpenDKIM, which signs and verifies",
        "ENABLE_OPENDMARC": "OpenDMARC",
        "ENABLE_POLICYD_SPF": "the check of SPF",
        "ENABLE_POSTGREY": "Postgrey's greylisting",
        "ENABLE_FAIL2BAN": "Fail2Ban, which shuts out addresses that guess passwords",
        "ENABLE_DNSBL": "postscreen's DNS block lists",
    ]
    static let onByDefault = ["ENABLE_AMAVIS", "ENABLE_OPENDKIM", "ENABLE_OPENDMARC", "ENABLE_POLICYD_SPF"]

    /// Switches of what Postroom lacks and that decides something.
    static let unsupported: [String: (effect: ImportReport.Effect, note: String)] = [
        "ENABLE_FETCHMAIL": (.routing, "mail is not fetched from other servers"),
        "ENABLE_GETMAIL": (.routing, "mail is not fetched from other servers"),
        "ENABLE_MANAGESIEVE": (.routing, "people's Sieve scripts are neither taken nor run"),
        "ENABLE_OAUTH2": (.login, "logins by OAuth 2 token are not taken"),
    ]

    /// Tuning of the filters above.
    static let filterPrefixes = [
        "SA_", "SPAM", "POSTGREY_", "AMAVIS_", "CLAMAV_", "RSPAMD_", "FAIL2BAN_", "VIRUSMAILS_", "MARK_SPAM_",
        "MOVE_SPAM_",
        "POSTSCREEN_", "FETCHMAIL_", "GETMAIL_", "OAUTH2_", "REDIS_",
    ]

    /// What has no counterpart in a program without a container.
    static let notNeeded: [String: String] = [
        "LOG_LEVEL": "concerns the start-up scripts' own messages",
        "SUPERVISOR_LOGLEVEL": "there is one program, so nothing supervises several",
        "TZ": "the process's own time zone counts",
        "DMS_CONFIG_POLL": "changed files are read again on SIGHUP",
        "NETWORK_INTERFACE": "there is no container whose address is asked for",
        "ENABLE_UPDATE_CHECK": "there is no image to compare",
        "UPDATE_CHECK_INTERVAL": "there is no image to compare",
        "LOGROTATE_INTERVAL": "the log goes to standard output",
        "LOGROTATE_COUNT": "the log goes to standard output",
        "PFLOGSUMM_TRIGGER": "metrics take the place of log summaries",
        "PFLOGSUMM_RECIPIENT": "metrics take the place of log summaries",
        "PFLOGSUMM_SENDER": "metrics take the place of log summaries",
        "LOGWATCH_INTERVAL": "metrics take the place of log summaries",
        "LOGWATCH_RECIPIENT": "metrics take the place of log summaries",
        "LOGWATCH_SENDER": "metrics take the place of log summaries",
        "REPORT_RECIPIENT": "metrics take the place of log summaries",
        "REPORT_SENDER": "metrics take the place of log summaries",
    ]

    /// What the composed files are made of.
    static let composing: [String: String] = [
        "ACCOUNT_PROVISIONER": "where accounts come from",
        "SMTP_ONLY": "1: no mailboxes here, no IMAP",
        "PERMIT_DOCKER": "mynetworks",
        "SPOOF_PROTECTION": "1: smtpd_sender_login_maps is enforced on submission",
        "ENABLE_SASLAUTHD": "1: SMTP logins are checked as saslauthd would",
        "SASLAUTHD_MECHANISMS": "how saslauthd checks",
        "SASLAUTHD_MECH_OPTIONS": "whom saslauthd's rimap asks",
        "ENABLE_POP3": "protocols of Dovecot",
        "ENABLE_IMAP": "protocols of Dovecot",
        "ENABLE_QUOTAS": "quota of Dovecot; warnings at 80 and 95 % are not among the files that are read",
        "POSTMASTER_ADDRESS": "root's alias, and where mail for postmaster goes",
        "POSTFIX_MESSAGE_SIZE_LIMIT": "message_size_limit",
        "POSTFIX_MAILBOX_SIZE_LIMIT": "virtual_mailbox_limit, and the default quota",
        "POSTFIX_DAGENT": "virtual_transport",
        "POSTFIX_REJECT_UNKNOWN_CLIENT_HOSTNAME": "reject_unknown_client_hostname",
        "POSTFIX_INET_PROTOCOLS": "inet_protocols",
        "DOVECOT_INET_PROTOCOLS": "listen of Dovecot",
        "DOVECOT_MAILBOX_FORMAT": "mail_location",
        "DMS_VMAIL_UID": "owner of the mail of accounts in postfix-accounts.cf",
        "DMS_VMAIL_GID": "group of the mail of accounts in postfix-accounts.cf",
        "SSL_TYPE": "which certificate is shown",
        "SSL_DOMAIN": "the certificate's folder", "SSL_CERT_PATH": "the certificate", "SSL_KEY_PATH": "its key",
        "SSL_ALT_CERT_PATH": "a second certificate", "SSL_ALT_KEY_PATH": "its key",
        "TLS_LEVEL": "cipher suites",
        "RELAY_HOST": "sender_dependent_relayhost_maps", "RELAY_PORT": "the relay's port",
        "RELAY_USER": "the login at the relay", "RELAY_PASSWORD": "the password at the relay",
        "ENABLE_SRS": "SRS, which rewrites the envelope sender of forwarded mail",
        "SRS_DOMAINNAME": "the domain of rewritten senders", "SRS_SECRET": "signs rewritten senders",
        "SRS_EXCLUDE_DOMAINS": "senders of these domains stay", "SRS_SENDER_CLASSES": "which senders are rewritten",
        "ONE_DIR": "where the secret of SRS lies",
        "ENABLE_MTA_STS": "policies of MTA-STS are followed",
        "DEFAULT_RELAY_HOST": "relayhost", "SASL_PASSWD": "smtp_sasl_password_maps",
        "OVERRIDE_HOSTNAME": "myhostname, and mydomain without its first label",
    ]

    private static let prefixes = ["LDAP_", "DOVECOT_", "SASLAUTHD_"]

    /// Whether a variable of the process's own environment is docker-mailserver's.
    static func isKnown(_ name: String) -> Bool {
        let plain = name.firstRange(of: "__FILE").map { String(name[..<$0.lowerBound]) } ?? name
        return composing[plain] != nil || notNeeded[plain] != nil || filters[plain] != nil || unsupported[plain] != nil
            || plain == "ENABLE_LDAP" || (prefixes + filterPrefixes).contains { plain.hasPrefix($0) }
    }

    /// A value as a report may show it.
    static func shown(_ value: String, of name: String) -> String {
        let secret = ["PASS", "_PW", "SECRET", "TOKEN", "HASH"]
        guard
            !secret.contains(where: {
                name.contains($0) && !name.contains("PASS_ATTRS") && !name.contains("PASS_FILTER")
            })
        else { return "" }
        let line = value.replacing("\n", with: " ")
        return line.count <= 80 ? line : line.prefix(79) + "…"
    }
}
