import Foundation
import PostroomTesting

/// What the original programs make of a site's files: `postconf -x` of main.cf, `postconf -P` of master.cf, `doveconf -x` of
/// Dovecot's. Many copies in one process.
struct OriginalSettings: Sendable {
    /// What decides where mail is written, who may relay and who may log in.
    static let deciding = [
        "myhostname", "mydomain", "myorigin", "mydestination", "virtual_mailbox_base", "virtual_mailbox_maps",
        "virtual_mailbox_domains", "virtual_alias_maps", "virtual_alias_domains", "virtual_uid_maps",
        "virtual_gid_maps",
        "virtual_minimum_uid", "virtual_transport", "alias_maps", "transport_maps", "local_transport",
        "local_recipient_maps", "mailbox_transport", "default_transport", "relay_domains", "relay_recipient_maps",
        "relayhost", "mynetworks", "mynetworks_style", "recipient_delimiter", "append_dot_mydomain", "canonical_maps",
        "recipient_canonical_maps", "smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions",
        "smtpd_relay_restrictions", "smtpd_recipient_restrictions", "smtpd_sasl_auth_enable", "smtpd_sasl_type",
        "smtpd_sasl_path", "smtpd_sender_login_maps", "smtpd_reject_unlisted_recipient", "smtpd_delay_reject",
        "inet_interfaces", "smtpd_tls_auth_only", "smtpd_tls_security_level",
    ]

    /// Each copy's output; nil where the program refuses the files.
    var outputs: [String?]

    /// - Parameter copies: the files of the folder by their paths.
    static func read(_ copies: [[String: [UInt8]]], changed path: String) async throws -> OriginalSettings {
        let folder = try TemporaryFolder("original")
        let program = String(path.dropFirst("/etc/".count).prefix { $0 != "/" })
        let command: String
        switch path {
        case "/etc/postfix/main.cf": command = "postconf -c $i -x \(deciding.joined(separator: " "))"
        case "/etc/postfix/master.cf": command = "{ postconf -c $i -M && postconf -c $i -P; }"
        default: command = "doveconf -x -n -c $i/dovecot.conf"
        }
        for (index, files) in copies.enumerated() {
            let place = try folder.makeFolder("\(index)")
            for (path, bytes) in files where path.hasPrefix("/etc/\(program)/") {
                let target = place + path.dropFirst("/etc/\(program)".count)
                try write(program == "dovecot" ? placed(bytes, place) : bytes, at: target)
            }
            for name in ["crt", "key"] { try write(Array("PEM\n".utf8), at: "\(place)/tls/server.\(name)") }
            if program == "postfix", files["/etc/postfix/master.cf"] == nil { try write([], at: "\(place)/master.cf") }
        }
        let script = """
            cd \(folder.path) || exit 1
            i=0
            while [ $i -lt \(copies.count) ]; do
                \(command) >$i/output 2>$i/complaints && touch $i/accepted
                i=$((i + 1))
            done
            """
        try await ChildProcess.run(["/bin/sh", "-c", script], in: folder)
        return OriginalSettings(
            outputs: copies.indices.map { index in
                let place = folder.path("\(index)")
                guard FileManager.default.fileExists(atPath: "\(place)/accepted") else { return nil }
                let output = FileManager.default.contents(atPath: "\(place)/output") ?? Data()
                // The first lines tell the version and the file.
                return String(decoding: output, as: UTF8.self).replacing(place, with: "/etc/\(program)")
                    .split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
            })
    }

    static func isKnown(_ path: String) -> Bool {
        ["/etc/postfix/main.cf", "/etc/postfix/master.cf"].contains(path)
            || path.hasPrefix("/etc/dovecot/") && !path.contains("dovecot-ldap")
    }

    /// `name = value` lines.
    func values(_ index: Int) -> [String: String]? {
        outputs[index].map { output in
            var values: [String: String] = [:]
            for line in output.split(separator: "\n") {
                guard let equals = line.firstRange(of: " =") else { continue }
                values[String(line[..<equals.lowerBound])] = Self.squeezed(line[equals.upperBound...])
            }
            return values
        }
    }

    /// postconf shows runs of white space as one blank.
    static func squeezed(_ text: some StringProtocol) -> String {
        text.split(whereSeparator: { $0.isASCII && $0.isWhitespace }).joined(separator: " ")
    }

    private static func placed(_ bytes: [UInt8], _ place: String) -> [UInt8] {
        bytes.replacing(Array("/etc/dovecot".utf8), with: Array(place.utf8))
    }

    private static func write(_ bytes: [UInt8], at path: String) throws {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}
