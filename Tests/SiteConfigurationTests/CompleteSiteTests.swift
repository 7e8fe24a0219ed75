import Directory
import SiteConfiguration
import Testing

/// What other programs' configurations become can be written out, and read again to the same.
@Suite struct CompleteSiteTests {
    @Test func `every key that there is comes back as it was written`() throws {
        let (model, warnings) = try SiteReader.read(Self.everything, file: "/site.yaml", sources: Self.sources)
        #expect(warnings.isEmpty)
        let written = Self.written(model).split(separator: "\n")
        let expected = Self.everything.split(separator: "\n")
        #expect(written.count == expected.count)
        for (line, other) in zip(written, expected) {
            #expect(line.replacing("\"", with: "") == other.replacing("\"", with: ""))
        }
        #expect(try Self.written(Self.read(Self.written(model))) == Self.written(model))
    }

    @Test func `a value's comment tells where it was set, and reading passes over it`() throws {
        let model = try Self.read(Self.everything)
        let commented = model.yaml(secrets: { _, _ in .environment("SECRET") }, isCommented: true)
        #expect(commented.contains("hostname: mail.example.org  # /site.yaml:1\n"))
        #expect(try Self.written(Self.read(commented)) == Self.written(model))
    }

    @Test func `a listener that names a policy which isn't there is told with its line`() throws {
        let text = Self.everything.replacing("policy: submission", with: "policy: submision")
        #expect {
            try Self.read(text)
        } throws: { error in
            "\(error)".contains("there is no policy called submision") && "\(error)".contains("/site.yaml:")
        }
    }

    private static var sources: ConfigurationSources {
        ConfigurationSources(environment: ["SECRET": "s3cret"], readFile: { _ in nil })
    }

    @Test func `users' hashes and passwords towards other hosts are not shown`() throws {
        var text = try Self.read(Self.everything).yaml
        #expect(!text.contains("admin:{PLAIN}x"))
        var model = try Self.read(Self.everything)
        let place = SourceLocation(file: "/mailserver.env", line: 3)
        let line = Located("[relay.example.org]:587 user:relay-secret", at: place)
        model.outgoing.client.logins = [
            .text(TextTableModel(.texthash, name: "/etc/postfix/sasl_passwd", lines: Located([line], at: place)))
        ]
        text = model.yaml(secrets: { _, _ in .environment("SECRET") }, isCommented: true)
        #expect(text.contains("admin:{PLAIN}x"))
        #expect(!text.contains("relay-secret"))
    }

    private static func written(_ model: SiteModel) -> String {
        model.yaml(secrets: { _, _ in .environment("SECRET") })
    }

    private static func read(_ text: String) throws -> SiteModel {
        try SiteReader.read(text, file: "/site.yaml", sources: sources).model
    }

    private static let everything = """
        hostname: mail.example.org
        postmaster: postmaster@example.org
        meaning: postfix
        original_behaviour:
          - keyless-domains
        directory:
          servers:
            - ldap://one.example.org
          bind:
            dn: "cn=reader,dc=example,dc=org"
            password:
              env: SECRET
          start_tls: yes
          tls:
            ca_file: /etc/ssl/ca.pem
            ca_directory: /etc/ssl/certs
            cipher_suites:
              - TLS_AES_128_GCM_SHA256
            minimum_version: "1.2"
            verify: yes
          connect_timeout: 5s
          timeout: 10s
          connections: 2
          referral_hosts:
            - two.example.org
          cache:
            found: 300s
            absent: 5s
            stale: 3600s
          base: "dc=example,dc=org"
        directories:
          people:
            ldif: /etc/postroom/people.ldif
            base: "dc=example,dc=net"
        origin: example.org
        completed_domain: example.org
        domains:
          local:
            - mail.example.org
            - "!old.example.org"
            - except:
                texthash: /etc/postfix/not-ours
          mailbox:
            - ldap:
                name: domains
                directory: directory
                query_filter: "(associatedDomain=%s)"
                result_attribute:
                  - associatedDomain
          alias:
            - alias.example.org
          relay:
            - relay.example.org
          address_literals:
            - 192.0.2.1
          remember: 60s
        aliases:
          - unionmap:
              - hash: /etc/postfix/virtual
              - pipemap:
                  - inline:
                      a: b
                  - static: c
          - group:
              name: staff
              directory: people
              search_base: "ou=groups,dc=example,dc=net"
              query_filter: "(mail=%s)"
              scope: one
              member_dn:
                - member
              member_uid:
                - memberUid
              member_uid_filter: "(uid=%s)"
              member_address:
                - rfc822Member
              member_url:
                - memberURL
              address_attribute:
                - mail
              value_prefix:
                - "smtp:"
          - pcre:
              name: /etc/postfix/regexp
              lines:
                - "/^x(.*)@example\\\\.org$/ $1"
          - randmap:
              - one
              - two
        local_aliases:
          - aliases: /etc/aliases
        local_recipients:
          - unix: passwd.byname
        relay_recipients: []
        mailboxes:
          paths:
            - socketmap: "inet:127.0.0.1:9999:paths"
          uids:
            - static: 5000
          gids:
            - tcp: "127.0.0.1:9998"
          base: /var/mail
          minimum_uid: 100
          size_limit: 51200000
        recipient_delimiter: +
        propagate_extensions: no
        show_table_names: yes
        expansion_limit: 1000
        expansion_depth_limit: 20
        transports:
          local:
            mailboxes: virtual
          virtual:
            lmtp: "unix:/run/lmtp"
          relay:
            smtp: "[relay.example.org]:25"
          default:
            error: 5.1.1 nobody
          table:
            - fail: no transport
        canonical:
          both:
            - cidr: /etc/postfix/canonical
          senders:
            - regexp: /etc/postfix/senders
          recipients:
            - texthash: /etc/postfix/recipients
          classes:
            - header_sender
            - header_recipient
          sender_classes:
            - envelope_sender
          recipient_classes:
            - envelope_recipient
          masquerade:
            domains:
              - "!keep.example.org"
              - example.org
            classes:
              - envelope_sender
            exceptions:
              - root
              - texthash: /etc/postfix/unmasked
        headers:
          drop:
            - bcc
          always_add_missing: yes
          append_origin: no
        blind_copies:
          always: archive@example.org
          senders:
            - texthash: /etc/postfix/sender_bcc
          recipients:
            - texthash: /etc/postfix/recipient_bcc
        accounts:
          password:
            - check: passwd-file
              directory: directory
              default_scheme: CRYPT
              file:
                path: /etc/postroom/masters
                lines:
                  - "admin:{PLAIN}x"
                username_format: "%n"
              chain:
                success: continue
                failure: continue
                internal_failure: return-fail
                skip: authenticated
                deny: yes
                master: yes
                pass: yes
                mechanisms:
                  - plain
                username_filter:
                  - "*@example.org"
                default_fields: a=b
                override_fields: c=d
            - check: saslauthd
              directory: people
              saslauthd:
                method: custom
                base: "dc=example,dc=org"
                filter: uid=%u
                scope: sub
                password_attribute: userPassword
                default_realm: example.org
                join_realm: yes
                group_dn: "cn=mail,dc=example,dc=org"
                group_attribute: member
                group_match: attr
                group_filter: "(member=%D)"
                group_base: "dc=example,dc=org"
                group_scope: base
          user:
            - driver: passwd-file
              directory: directory
              attributes: ""
              file:
                path: /etc/postroom/users
              fields:
                - allow_nets: 10.0.0.0/8,::1
                - quota_rule: "*:storage=1G"
            - directory: people
              filter: "(uid=%u)"
              attributes: homeDirectory=home
              active:
                attribute: accountStatus
                values:
                  - active
                when_missing: yes
              iterate_filter: (objectClass=person)
              iterate_attributes: uid=user
              dereference: always
              several_entries_are_nobody: yes
          submission:
            password:
              - check: service
                directory: directory
                service: "saslauthd:/run/saslauthd/mux"
            realm: example.org
            split_realm: yes
            mechanisms:
              - PLAIN
          mail_location: "maildir:~/Maildir"
          home: "/var/mail/%d/%n"
          default_domain: example.org
          login_format: "%Lu"
          login_characters: abc@
          login_translation: "%@"
          mechanisms:
            - PLAIN
          master_separator: "*"
          variables: pipes
          uid: vmail
          gid: vmail
          minimum_uid: 500
          minimum_gid: 1
          maximum_uid: 60000
          maximum_gid: 60000
          quota_rules:
            - "*:storage=1G"
          namespaces:
            inbox:
              kind: private
              prefix: INBOX.
              separator: .
              mail_location: "maildir:~/Maildir"
              inbox: yes
              hidden: yes
              list: children
              subscriptions: no
              mailboxes:
                - name: Sent
                  auto: subscribe
                  special_use:
                    - "\\\\Sent"
          cache_time: 60s
          outage_time: 600s
        senders:
          logins:
            - texthash: /etc/postfix/senders
          check_login: yes
          check_from: yes
          aliases: yes
          groups: yes
          messages_per_hour: 100
          recipients_per_hour: 1000
        policies:
          smtpd:
            networks:
              - 127.0.0.0/8
              - "!10.0.0.1"
            authentication: yes
            delay_reject: no
            relay_before_recipient: no
            client_restrictions:
              - warn_if_reject: reject_unknown_client_hostname
            helo_restrictions:
              - check_helo_access:
                  texthash: /etc/postfix/helo
            sender_restrictions:
              - check_sender_access:
                  texthash: /etc/postfix/senders
            relay_restrictions:
              - permit_mynetworks
              - reject_unauth_destination
            recipient_restrictions:
              - check_policy_service: "inet:127.0.0.1:10023"
            data_restrictions:
              - reject_unauth_pipelining
            end_of_data_restrictions:
              - permit
            sender_logins:
              - texthash: /etc/postfix/logins
            header_rewrite_clients:
              - permit_inet_interfaces
              - texthash: /etc/postfix/local-clients
            reject_unlisted_recipient: no
            reject_unlisted_sender: yes
          submission:
            authentication: yes
            relay_restrictions:
              - permit_sasl_authenticated
              - reject
        store:
          roots:
            - /var/mail
          places:
            /var/mail: /srv/mail
          minimum_uid: 500
          owner: "5000:5000"
          recipient_headers: yes
          index_directory: /var/lib/postroom/index
          mbox:
            read_locks:
              - fcntl
              - flock
            locks:
              - fcntl
              - dotlock
            lock_timeout: 60s
            stale_lock: 30s
        listeners:
          - protocol: smtp
            address: "*:25"
            bare_newline: normalize
            trusted_networks:
              - 192.0.2.0/24
            policy: smtpd
            tls: may
            authentication: off
            require_authentication: no
            broken_authentication: yes
            require_helo: yes
            vrfy: yes
            recipient_limit: 1000
            error_limit: 20
            hide_client: yes
            client_limits:
              connections: 50
              connection_rate: 60
              message_rate: 30
              recipient_rate: 100
              interval: 60s
              exceptions:
                - 127.0.0.0/8
            banner: mail.example.org ESMTP
          - protocol: pop3
            address: "*:110"
            bare_newline: normalize
            tls: encrypt
            authentication: under-tls
            banner: POP3 here
          - protocol: lmtp
            address: /run/postroom/lmtp.sock
            mode: 0660
            owner: postfix
            group: postfix
            recipients: accounts
            bare_newline: normalize
          - protocol: submission
            address: "[::1]:587"
            bare_newline: normalize
            policy: submission
            certificate: /etc/ssl/smtp.pem
            key: /etc/ssl/smtp.key
          - protocol: imap
            address: "*:143"
            bare_newline: normalize
            tls: none
            authentication: always
            banner: ready.
            server_tls:
              certificate: /etc/ssl/imap.pem
              key: /etc/ssl/imap.key
              self_signed_directory: /var/lib/postroom/tls
              minimum_version: "1.2"
        pop3:
          uidl_format: "%v.%u"
          save_uidl: yes
          reuse_xuidl: yes
          rename_duplicate_uidls: yes
          mark_read: no
          lock: no
          deleted_keyword: $POP3Deleted
          delete_by_keyword: yes
          login_delay: 60
          client_workarounds:
            - outlook-no-nuls
        local:
          enabled: no
          socket: /run/mail/submit.sock
          users:
            - root
            - "!www-data"
            - static: anyone
        outgoing:
          queue_directory: /var/spool/postroom
          minimum_free_space: 104857600
          mta_sts: no
          relay_host: "[relay.example.org]:587"
          sender_transports:
            - texthash: /etc/postfix/transports
          sender_relay_hosts:
            - texthash: /etc/postfix/relayhost
          logins:
            - texthash: /etc/postfix/passwords
          log_in: yes
          asks_logins_for_sender: yes
          login_mechanisms:
            - "!LOGIN"
            - PLAIN
          login_security:
            - noplaintext
            - noanonymous
          login_security_tls:
            - noanonymous
          login_security_verified:
            - noanonymous
          unprotected_logins: no
          tls: encrypt
          tls_policies:
            - texthash: /etc/postfix/policy
          implicit_tls: no
          ca_file: /etc/ssl/ca.pem
          ca_directory: /etc/ssl/certs
          certificate: /etc/ssl/client.pem
          key: /etc/ssl/client.key
          secure_match:
            - nexthop
            - dot-nexthop
          verify_match:
            - hostname
          fingerprints:
            - "AB:CD"
          fingerprint_digest: sha256
          tls_protocols: ">=TLSv1"
          mandatory_tls_protocols: ">=TLSv1.2"
          exclude_ciphers:
            - RC4
          mandatory_exclude_ciphers:
            - aNULL
          server_name: hostname
          insecure_mx: may
          wildcards_span_labels: yes
          helo_name: out.example.org
          bind_address: 192.0.2.1
          bind_address6: 2001:db8::1
          address_families:
            - ipv4
            - ipv6
          address_preference: ipv4
          address_limit: 5
          session_limit: 2
          fallback_relays:
            - "[fallback.example.org]"
          skip_5xx_greeting: no
          ignore_ehlo_keywords:
            - chunking
          line_length: 998
          convert_8bit: yes
          time_limits:
            connect: 30s
            greeting: 300s
            start_tls: 300s
            mail: 300s
            recipient: 300s
            data: 120s
            block: 180s
            final_reply: 600s
            reset: 20s
          initial_concurrency: 5
          concurrency: 20
          recipients: 50
          rate_delay: 1s
          transports:
            - name: slow
              protocol: smtp
              logins: []
              log_in: no
              concurrency: 1
              rate_delay: 5s
            - name: lmtp
              protocol: lmtp
              tls: none
          lifetime: 432000s
          bounce_lifetime: 432000s
          delay_warning: 14400s
          minimal_backoff: 300s
          maximal_backoff: 4000s
          bounce_size: 50000
          notice_recipient: postmaster@example.org
          double_bounce_notices: no
          srs:
            domain: example.org
            secret_file: /etc/postroom/srs.secret
            make_secret: yes
            exclude_domains:
              - .example.net
            separator: +
            hash_length: 5
            valid_days: 30
        dns:
          servers:
            - 192.0.2.53
            - 2001:db8::53@5353
          validation: required
          trust_anchor: /etc/postroom/anchors
          unsigned_zones:
            - corp.example.org
          hosts: none
          time_limit: 5s
        tls:
          certificate: /etc/ssl/mail.pem
          key: /etc/ssl/mail.key
          self_signed_directory: /var/lib/postroom/tls
          minimum_version: "1.2"
          cipher_suites:
            - TLS_AES_256_GCM_SHA384
          names:
            - server_names:
                - mail.example.net
              certificate: /etc/ssl/net.pem
              key: /etc/ssl/net.key
          in_received_header: yes
        limits:
          message_size: 10240000
          connections: 20000
          connections_per_client: 200
          drain_time: 10s
          hops: 30
        log:
          level: info
          format: text
        service:
          user: postroom
          runtime_directory: /run/mail

        """
}
