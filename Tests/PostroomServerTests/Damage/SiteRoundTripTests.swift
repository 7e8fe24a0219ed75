import Dialects
import Directory
import MailModel
import PostroomTesting
import SiteConfiguration
import Testing

/// `serve --from` and `import` followed by `serve --config` mean the same: what the dialects read can be written as
/// `postroom.yaml` and read again.
@Suite struct SiteRoundTripTests {
    /// Both ways of a model; its own secrets are kept beside it, as `import --secrets` does it.
    private static func written(_ model: SiteModel) throws -> (before: String, after: String) {
        var secrets: [String: [UInt8]] = [:]
        let text = model.yaml(secrets: { directory, secret in
            secrets["/secrets/\(directory)"] = secret.bytes + [UInt8(ascii: "\n")]
            return .file("/secrets/\(directory)")
        })
        let kept = secrets
        let sources = ConfigurationSources(environment: [:], readFile: { kept[$0] })
        let again = try SiteReader.read(text, file: "/postroom.yaml", sources: sources).model
        return (text, again.yaml)
    }

    @Test(arguments: SiteFolder.all)
    func `given a document's site, when it is imported into postroom.yaml and read again, then it is the same model`(
        _ site: SiteFolder
    ) throws {
        let (before, after) = try Self.written(site.read(site.files, accepting: site.accepted).model)
        #expect(Self.differences(before, after) == [])
    }

    @Test(arguments: SiteFolder.all, [LineDamage.deleted, .doubled, .quoted, .junk])
    func `given a damaged site that starts, when it is imported and read again, then it is the same model`(
        _ site: SiteFolder, _ damage: LineDamage
    ) {
        SiteDamageTests.each(site, damage) { damaged in
            guard damaged.line % 3 == 0 else { return }
            let imported = damaged.read()
            guard imported.starts else { return }
            do {
                let (before, after) = try Self.written(imported.model)
                #expect(Self.differences(before, after) == [], "\(damaged.comment)")
            } catch  where "\(error)".contains("senders.check_login is on") {
                // Postfix without smtpd_sender_login_maps: postroom.yaml takes that for a mistake and stops, which is safe.
            } catch {
                Issue.record("\(damaged.comment): \(error)")
            }
        }
    }

    @Test(arguments: 0..<8)
    func `given a generated configuration of Postfix, when it is imported and read again, then it is the same model`(
        seed: Int
    ) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var started = 0
        var reasons: Set<String> = []
        for _ in 0..<40 {
            let site = SiteFolder.all[seed % 3]
            var files = site.files
            files["/etc/postfix/main.cf", default: []] += Array(GeneratedSettings.lines(&random).utf8)
            let imported = site.read(files, accepting: site.accepted)
            let errors = imported.faults.filter { $0.severity == .error }
            guard errors.isEmpty else {
                reasons.formUnion(errors.map(\.description))
                continue
            }
            started += 1
            let (before, after) = try Self.written(imported.model)
            #expect(
                Self.differences(before, after) == [],
                "\(String(decoding: files["/etc/postfix/main.cf"] ?? [], as: UTF8.self))")
        }
        #expect(started > 10, "\(reasons.sorted().joined(separator: "\n"))")
    }

    /// The lines that only one of them has. Where a secret is read from is the writer's choice.
    private static func differences(_ before: String, _ after: String) -> [String] {
        let left = before.split(separator: "\n"), right = after.split(separator: "\n")
        return left.difference(from: right).map { change in
            switch change {
            case .insert(_, let line, _): "- \(line)"
            case .remove(_, let line, _): "+ \(line)"
            }
        }
    }
}

/// Lines that a main.cf might have.
enum GeneratedSettings {
    private static let settings: [(name: String, values: [String])] = [
        ("myorigin", ["$mydomain", "example.net", "$myhostname"]),
        ("mynetworks", ["127.0.0.0/8", "127.0.0.0/8, [::1]/128, !192.0.2.7, 192.0.2.0/24", "127.0.0.1"]),
        ("recipient_delimiter", ["+", "-", "+-", ""]),
        (
            "virtual_alias_maps",
            [
                "static:a@example.org", "inline:{a@example.org=b@example.org}", "ldap:/etc/postfix/ldap-aliases.cf",
                "inline:{{x = y z}, p=\"q: 'r' # s\"}", "unionmap:{static:a, inline:{k=v}}",
                "pipemap:{static:a, static:b}",
                "tcp:127.0.0.1:9999", "socketmap:inet:127.0.0.1:9998:name", "randmap:{a,b, {c d}}",
            ]
        ),
        ("alias_maps", ["", "static:x", "unix:passwd.byname"]),
        ("relay_domains", ["", "relay.example.org, !not.example.org", "inline:{r.example.org=1}, b.example.org"]),
        ("relay_recipient_maps", ["static:ok", ""]), ("local_recipient_maps", ["", "static:ok"]),
        ("transport_maps", ["inline:{x.example=smtp:[192.0.2.1]:26}", "static:error:5.1.1\u{20}no"]),
        ("relayhost", ["[smtp.example.org]:587", "", "example.org"]),
        ("default_transport", ["smtp", "error:5.1.2 not here", "relay:[192.0.2.3]"]),
        ("virtual_transport", ["virtual", "lmtp:inet:127.0.0.1:24", "error:no"]),
        ("message_size_limit", ["0", "1000", "50000000"]), ("mailbox_size_limit", ["0"]),
        ("sender_canonical_maps", ["inline:{a=b@example.org}", ""]),
        ("recipient_canonical_maps", ["static:x@example.org", ""]), ("always_bcc", ["archive@example.org", ""]),
        ("sender_bcc_maps", ["static:s@example.org"]), ("recipient_bcc_maps", ["inline:{a=b}"]),
        (
            "smtpd_recipient_restrictions",
            [
                "permit_mynetworks, reject_unauth_destination", "check_client_access static:OK, reject",
                "check_recipient_access inline:{a@example.org=REJECT}, permit",
                "reject_non_fqdn_sender, warn_if_reject reject",
            ]
        ),
        (
            "smtpd_relay_restrictions",
            [
                "permit_mynetworks permit_sasl_authenticated defer_unauth_destination", "reject_unauth_destination",
            ]
        ),
        ("smtpd_helo_required", ["yes", "no"]), ("smtpd_delay_reject", ["no", "yes"]),
        ("disable_vrfy_command", ["yes", "no"]), ("smtpd_banner", ["$myhostname ESMTP # : 'x'", "$myhostname ESMTP"]),
        ("smtpd_recipient_limit", ["5", "1000"]), ("smtpd_hard_error_limit", ["3"]),
        ("propagate_unmatched_extensions", ["canonical, virtual", "canonical", ""]),
        ("virtual_minimum_uid", ["100", "600"]), ("delay_warning_time", ["4h", "0"]),
        ("maximal_queue_lifetime", ["5d", "1h"]), ("smtp_tls_security_level", ["may", "encrypt", "none"]),
        ("smtpd_tls_security_level", ["none"]), ("inet_interfaces", ["all", "127.0.0.1"]),
        ("inet_protocols", ["ipv4", "all"]), ("show_user_unknown_table_name", ["no", "yes"]),
        ("virtual_alias_expansion_limit", ["10", "5000"]), ("append_dot_mydomain", ["yes", "no"]),
        ("smtpd_reject_unlisted_sender", ["yes"]), ("smtpd_reject_unlisted_recipient", ["no"]),
    ]

    static func lines(_ random: inout SeededGenerator) -> String {
        settings.shuffled(using: &random).prefix(Int.random(in: 1...12, using: &random)).map { setting in
            "\(setting.name) = \(setting.values.randomElement(using: &random) ?? "")\n"
        }.joined()
    }
}
