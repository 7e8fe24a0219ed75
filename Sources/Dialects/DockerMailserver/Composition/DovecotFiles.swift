import Directory
import SiteConfiguration

/// Dovecot's files, without those of the directory.
extension Composition {
    mutating func composeDovecot() {
        composeDovecotMain()
        let folder = "/etc/dovecot/conf.d/"
        putShipped(folder + "10-auth.conf", ShippedDovecot.authentication)
        putShipped(folder + "10-mail.conf", ShippedDovecot.mail)
        putShipped(folder + "10-master.conf", ShippedDovecot.listeners)
        putShipped(folder + "10-ssl.conf", ShippedDovecot.tls)
        putShipped(folder + "15-mailboxes.conf", ShippedDovecot.mailboxes)
        putShipped(folder + "auth-ldap.conf.ext", ShippedDovecot.ldapDatabases)
        putShipped(folder + "auth-master.inc", ShippedDovecot.masterUsers)
        putShipped(folder + "lmtp-master.inc", ShippedDovecot.lmtp)
        let user = environment.value("DMS_VMAIL_UID", or: "5000").value
        let group = environment.value("DMS_VMAIL_GID", or: "5000").value
        putShipped(folder + "auth-passwdfile.inc", ShippedDovecot.passwdFile(user: user, group: group))

        var lda = SourceText(path: folder + "15-lda.conf", lines: [])
        let postmaster = postmaster
        lda.append("postmaster_address = \(postmaster.value)", at: postmaster.location)
        lda.append("hostname = \(hostname.value)", at: hostname.location)
        put(lda)

        if let format = environment.nonEmpty("DOVECOT_MAILBOX_FORMAT"), ["sdbox", "mdbox"].contains(format.value) {
            edit(folder + "10-mail.conf") { text in
                text.rewriteLines(at: format.location) { line in
                    line.hasPrefix("mail_location = ") ? "mail_location = \(format.value):/var/mail/%d/%n" : nil
                }
            }
        }
        if usesDovecotQuota { composeQuota(folder) }
        if let own = configurationFile("dovecot.cf") { put(own.copied(to: "/etc/dovecot/local.conf")) }
    }

    /// Quotas are Dovecot's only for accounts in files.
    private var usesDovecotQuota: Bool {
        provisioner == .file && environment.isOne("ENABLE_QUOTAS", or: true)
    }

    private mutating func composeDovecotMain() {
        var text = SourceText(path: "/etc/dovecot/dovecot.conf", lines: [])
        var protocols = environment.isOne("ENABLE_IMAP", or: true) ? "imap " : ""
        protocols += "lmtp"
        if environment.isOne("ENABLE_POP3") { protocols += " pop3" }
        let place = ["ENABLE_IMAP", "ENABLE_POP3"].compactMap { environment.nonEmpty($0)?.location }.first
        text.append("protocols = \(protocols)", at: place ?? .mailserverDefault)
        if let inet = environment.nonEmpty("DOVECOT_INET_PROTOCOLS"), inet.value != "all" {
            switch inet.value {
            case "ipv4": text.append("listen = *", at: inet.location)
            case "ipv6": text.append("listen = [::]", at: inet.location)
            default:
                draft.error(
                    at: inet.location, "DOVECOT_INET_PROTOCOLS is \"\(inet.value)\"", remedy: "write all, ipv4 or ipv6")
            }
        }
        text.append("!include conf.d/*.conf", at: .mailserverDefault)
        text.append("!include_try local.conf", at: .mailserverDefault)
        put(started(text.path, "").lines.isEmpty ? text : started(text.path, ""))
    }

    private mutating func composeQuota(_ folder: String) {
        var text = SourceText(path: folder + "90-quota.conf", lines: [])
        let quota = environment.location("ENABLE_QUOTAS")
        text.append("plugin {", at: quota)
        text.append("  quota = count:User quota", at: .mailserverDefault)
        text.append("  quota_vsizes = yes", at: .mailserverDefault)
        let message = megabytes("POSTFIX_MESSAGE_SIZE_LIMIT", or: 10_240_000)
        text.append("  quota_max_mail_size = \(message.value)", at: message.location)
        let mailbox = megabytes("POSTFIX_MAILBOX_SIZE_LIMIT", or: 0)
        text.append("  quota_rule = *:storage=\(mailbox.value)", at: mailbox.location)
        text.append("  quota_rule2 = Trash:storage=+50M", at: .mailserverDefault)
        text.append("  quota_grace = 10%%", at: .mailserverDefault)
        text.append("  quota_status_success = DUNNO", at: .mailserverDefault)
        text.append("  quota_status_nouser = DUNNO", at: .mailserverDefault)
        text.append("  quota_status_overquota = \"552 5.2.2 Mailbox is full\"", at: .mailserverDefault)
        text.append("}", at: .mailserverDefault)
        put(text)
        edit(folder + "10-mail.conf") { $0.append("mail_plugins = $mail_plugins quota", at: .mailserverDefault) }
        putShipped(
            folder + "20-imap.conf",
            """
            protocol imap {
              mail_plugins = $mail_plugins imap_quota
            }

            """)
    }

    /// Whole millions of bytes as Dovecot's megabytes: `10M`, and `0` for none.
    private mutating func megabytes(_ name: String, or standard: Int) -> Located<String> {
        let value = environment.value(name, or: "\(standard)")
        guard let bytes = Int(value.value), bytes >= 0 else {
            draft.error(
                at: value.location, "\(name) is \"\(value.value)\"", remedy: "write a number of bytes; 0 is no limit")
            return value.map { _ in "0" }
        }
        return value.map { _ in bytes / 1_000_000 == 0 ? "0" : "\(bytes / 1_000_000)M" }
    }

    var postmaster: Located<String> {
        environment.value("POSTMASTER_ADDRESS", or: "postmaster@\(domainname.value)")
    }
}
