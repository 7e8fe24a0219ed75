import Dialects
import Directory
import SiteConfiguration
import Testing

/// What of a `user-patches.sh` is recognized, and what is told instead.
@Suite struct PatchScriptTests {
    private func site(_ script: String, more: [String: String] = [:]) -> MailserverSite {
        MailserverSite(
            """
            ACCOUNT_PROVISIONER=LDAP
            SSL_TYPE=
            SITE=example.org
            LDAP_QUERY_FILTER_USER=(mail=%s)
            LDAP_QUERY_FILTER_GROUP=(mail=%s)
            LDAP_QUERY_FILTER_ALIAS=(|)
            LDAP_QUERY_FILTER_DOMAIN=(mail=*@%s)

            """, config: ["user-patches.sh": script].merging(more) { $1 })
    }

    @Test func `the Active Directory page's lines are appended once`() {
        let script = """
            # user-patches.sh

            ...
            grep -q '^leaf_result_attribute = mail$' /etc/postfix/ldap-groups.cf || echo "leaf_result_attribute = mail" >> /etc/postfix/ldap-groups.cf
            grep -q '^special_result_attribute = member$' /etc/postfix/ldap-groups.cf || echo "special_result_attribute = member" >> /etc/postfix/ldap-groups.cf
            ...
            """
        let once = site(script)
        #expect(
            once.lines("/etc/postfix/ldap-groups.cf").suffix(2) == [
                "leaf_result_attribute = mail", "special_result_attribute = member",
            ])
        #expect(once.place("/etc/postfix/ldap-groups.cf", "leaf") == "/site/config/user-patches.sh:4")
        #expect(once.refusals == [])
        let twice = site(script + "\n" + script)
        #expect(twice.text("/etc/postfix/ldap-groups.cf") == once.text("/etc/postfix/ldap-groups.cf"))
    }

    @Test func `a copied authority is what directory servers are believed by`() {
        let site = MailserverSite([
            "/site/compose.yaml": """
            services:
              mailserver:
                hostname: mail.example.org
                volumes:
                  - ./ca/:/MOUNTED_FOLDER/
                  - ./config:/tmp/docker-mailserver
                environment:
                  SSL_TYPE: ""
            """,
            "/site/ca/ca.crt": "certificate",
            "/site/config/user-patches.sh": """
            cp /MOUNTED_FOLDER/ca.crt /usr/local/share/ca-certificates/
            update-ca-certificates
            """,
        ])
        #expect(site.draft.ldapDefaults.caFile?.value == "/site/ca/ca.crt")
        #expect(site.text("/etc/ldap/ldap.conf") == "TLS_CACERT /usr/local/share/ca-certificates/ca.crt\n")
        #expect(site.draft.files.hostPath("/usr/local/share/ca-certificates/ca.crt") == "/site/ca/ca.crt")
        #expect(site.refusals == [])
    }

    @Test func `an authority that is not there stops the start`() {
        let site = site("cp /MOUNTED/ca.crt /usr/local/share/ca-certificates/\nupdate-ca-certificates\n")
        #expect(site.entries("user-patches.sh").first?.fate == .unsupported(.encryption))
        #expect(site.draft.ldapDefaults.caFile == nil)
    }

    @Test(arguments: [
        ("postconf 'mynetworks = 10.0.0.0/8'", "mynetworks", "10.0.0.0/8"),
        ("postconf -e mynetworks=10.0.0.0/8 biff=yes", "biff", "yes"),
        ("postconf -e \"myorigin=${SITE}\"", "myorigin", "example.org"),
        ("name=x.example\npostconf -e \"myorigin=mail.$name\"", "myorigin", "mail.x.example"),
        (
            "sed -i 's/^recipient_delimiter = .*/recipient_delimiter = -/' /etc/postfix/main.cf", "recipient_delimiter",
            "-"
        ),
        ("sed -i -E 's|^(a)||; s|biff|biff|' /etc/postfix/main.cf || true\npostconf biff=yes", "biff", "yes"),
        ("sed -i -e 's,no$,yes,g;/^alias_maps/d' /etc/postfix/main.cf", "biff", "yes"),
        ("echo 'myorigin = a' >> /etc/postfix/main.cf; echo done", "myorigin", "a"),
        ("cat > /etc/postfix/main.cf <<'EOF'\nmyorigin = $b\nEOF", "myorigin", "$b"),
        ("tee -a /etc/postfix/main.cf <<EOF > /dev/null\nmyorigin = \\$b\nEOF", "myorigin", "$b"),
        ("printf 'myorigin = a\\n' >>/etc/postfix/main.cf", "myorigin", "a"),
        ("true && postconf myorigin=a", "myorigin", "a"),
        ("set -e\nexit 0\npostconf biff=yes", "biff", "no"),
    ])
    func `common edits are done`(script: String, name: String, value: String) {
        #expect(site(script).main(name) == value)
    }

    @Test func `postconf edits services`() {
        let site = site(
            """
            postconf -P "submission/inet/smtpd_tls_security_level=may" submissions/inet/x=y
            postconf -M 'smtp-in/inet=2525 inet n - n - - smtpd'
            postconf -MX tlsproxy/unix
            postconf -PX submission/inet/syslog_name
            postconf -X recipient_delimiter
            postconf -# biff
            """)
        #expect(site.options("submission").contains("smtpd_tls_security_level=may"))
        #expect(site.options("submissions").contains("x=y"))
        #expect(!site.options("submission").contains { $0.hasPrefix("syslog_name") })
        #expect(site.lines("/etc/postfix/master.cf").contains("2525 inet n - n - - smtpd"))
        #expect(!site.lines("/etc/postfix/master.cf").contains { $0.hasPrefix("tlsproxy") })
        #expect(site.main("recipient_delimiter") == nil)
        #expect(site.text("/etc/postfix/main.cf")?.contains("#biff = no") == true)
        #expect(site.refusals == [])
    }

    @Test func `files are copied, removed and found by patterns`() {
        let site = site(
            """
            cp /tmp/docker-mailserver/my-groups.cf /etc/postfix/ldap-groups.cf
            rm -f /etc/postfix/ldap-s*.cf /etc/postfix/none
            """, more: ["my-groups.cf": "server_host = ldap://x\n"])
        #expect(site.text("/etc/postfix/ldap-groups.cf") == "server_host = ldap://x\n")
        #expect(site.draft.files.text("/etc/postfix/ldap-groups.cf")?.hostPath == "/site/config/my-groups.cf")
        #expect(!site.draft.files.exists("/etc/postfix/ldap-senders.cf"))
        #expect(site.draft.files.exists("/etc/postfix/ldap-users.cf"))
    }

    @Test func `what only a shell can tell is told line by line, and not done`() {
        let site = site(
            """
            if [ -f /x ]; then
              postconf myorigin=inside
            fi
            for name in users groups; do
              sed -i 's/a/b/' /etc/postfix/ldap-$name.cf
            done
            sed -i 's/\\(a\\)/\\1/' /etc/dovecot/conf.d/10-auth.conf
            curl http://example.org/ | tee /etc/postfix/x
            postconf -e "mynetworks=$(hostname -i)"
            [ -f /x ] && postconf myorigin=conditional
            sed -i 's/a/b/' /etc/opendkim.conf
            """)
        let lines = site.entries("user-patches.sh").map { $0.location.line }
        #expect(lines == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
        #expect(
            site.entries("user-patches.sh").allSatisfy {
                if case .unsupported = $0.fate { true } else { false }
            })
        #expect(site.main("myorigin") == nil)
        #expect(site.entries("user-patches.sh").first { $0.location.line == 7 }?.fate == .unsupported(.login))
        #expect(site.entries("user-patches.sh").first { $0.location.line == 9 }?.fate == .unsupported(.relaying))
    }

    @Test func `a here-document that only a shell can fill is not written`() {
        let site = site("cat <<EOF >> /etc/postfix/main.cf\nmyorigin = $(cat /etc/mailname)\nEOF\npostconf biff=yes\n")
        #expect(site.main("myorigin") == nil)
        #expect(site.main("biff") == "yes")
        #expect(site.entries("user-patches.sh").first?.location.line == 1)
    }

    @Test func `an open quote, brace or here-document is told and ends nothing else`() {
        for script in [
            "echo \"open", "echo 'open", "cat <<EOF >> /etc/aliases\nx", "if true\npostconf a=b", "{ a", "$(", "`",
            "a ${",
        ] {
            let site = site(script)
            #expect(!site.refusals.isEmpty, "\(script)")
        }
    }
}
