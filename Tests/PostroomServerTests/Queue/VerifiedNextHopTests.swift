import Crypto
import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

/// DANE from end to end: a signed zone served by nsd, a Postfix with a certificate of its own, and Postroom in between.
@Suite struct VerifiedNextHopTests {
    @Test func `a certificate that the zone names is given the mail, and one that it does not is given nothing`()
        async throws
    {
        let folder = try TemporaryFolder("next-dane")
        chmod(folder.path, 0o755)
        let mail = try folder.makeFolder("far")
        chown(mail, 20_001, 20_001)
        let certificate = try IssuedCertificate(commonName: "whoever")
        try folder.makeFolder("postfix")
        // postconf(5), smtpd_tls_chain_files: the key comes first.
        try folder.write("\(certificate.keyPEM)\n\(try certificate.pem)", to: "postfix/certificate.pem")
        chmod(folder.path("postfix/certificate.pem"), 0o600)
        try folder.write(
            """
            compatibility_level = 3.6
            myhostname = mx.far.example
            mydestination =
            alias_maps =
            mynetworks =
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            smtpd_recipient_restrictions = reject_unauth_destination
            smtpd_tls_security_level = may
            smtpd_tls_chain_files = \(folder.path("postfix/certificate.pem"))
            smtpd_tls_received_header = yes
            virtual_mailbox_domains = good.far.example, wrong.far.example, alias.far.example
            virtual_mailbox_base = \(mail)
            virtual_mailbox_maps = inline:{x@good.far.example=good/, x@wrong.far.example=wrong/, x@alias.far.example=alias/}
            virtual_uid_maps = static:20001
            virtual_gid_maps = static:20001

            """, to: "postfix/main.cf")
        let digest = SHA256.hash(data: certificate.publicKeyInfo).map { String(format: "%02x", $0) }.joined()
        let other = String(repeating: "ab", count: 32)
        try await RunningPostfix.serving(folder.path("postfix"), in: folder) { postfix in
            let port = postfix.port(.smtp)
            let zone = NameServerZone(
                "far.example",
                """
                good MX 10 mx1
                wrong MX 10 mx2
                mx1 A 127.0.0.1
                mx2 A 127.0.0.1
                alias MX 10 mx3
                mx3 CNAME mx.plain.example.
                _\(port)._tcp.mx1 TLSA 3 1 1 \(digest)
                _\(port)._tcp.mx2 TLSA 3 1 1 \(other)
                _\(port)._tcp.mx3 TLSA 3 1 1 \(other)
                """, isSigned: true)
            let plain = NameServerZone("plain.example", "mx A 127.0.0.1")
            try await RunningNameServer.withServer([zone, plain]) { names in
                let anchor = try folder.write(try names.trustAnchor(of: "far.example") + "\n", to: "anchor")
                let spool = try folder.makeFolder("outgoing")
                chown(spool, 65534, 65534)
                let configuration =
                    People.configuration(aliases: "")
                    .replacing(
                        "alias: [example.net, example.com]",
                        with: "relay: [good.far.example, wrong.far.example, alias.far.example]")
                        + """
                        dns: {servers: ["\(names.address)"], trust_anchor: \(anchor), hosts: none, time_limit: 60s}
                        transports:
                          table:
                            - inline:
                                good.far.example: "smtp:good.far.example:\(port)"
                                wrong.far.example: "smtp:wrong.far.example:\(port)"
                                alias.far.example: "smtp:alias.far.example:\(port)"
                        outgoing: {queue_directory: \(spool), minimal_backoff: 1s, maximal_backoff: 1s}

                        """
                try await ServedSite.serving(configuration, files: People.files) { site in
                    try await site.swaks(to: "x@wrong.far.example", from: "ben@example.org")
                    try await site.swaks(to: "x@alias.far.example", from: "ben@example.org")
                    try await site.swaks(to: "x@good.far.example", from: "ben@example.org")
                    func arrived(_ name: String) throws -> [String] {
                        let path = "\(mail)/\(name)/new"
                        return try ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
                            .map { try String(contentsOfFile: "\(path)/\($0)", encoding: .utf8) }
                    }
                    try await eventually("the one arrives", { site.log }) { try !arrived("good").isEmpty }
                    #expect(try arrived("good")[0].contains("(using TLSv1."))
                    // The second is found behind an alias into a zone that is not signed.
                    for name in ["wrong", "alias"] {
                        func line() -> Substring? {
                            site.log.split(separator: "\n").last {
                                $0.contains("to=<x@\(name).far.example>") && $0.contains("relay=")
                            }
                        }
                        try await eventually("the other waits", { site.log }) { line() != nil }
                        #expect(line()?.contains("status=deferred") == true, "\(site.log)")
                        #expect(line()?.contains("dsn=4.7.5") == true, "\(site.log)")
                        #expect(line()?.contains("refused to start it") == false, "\(site.log)")
                        #expect(try arrived(name) == [])
                    }
                    #expect(site.new("ben/Maildir") == [])
                }
            }
        }
    }
}
