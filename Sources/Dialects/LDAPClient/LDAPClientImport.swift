import Directory
import LDAP
import SiteConfiguration

/// ldap.conf(5) and `LDAP…` variables: what programs built on libldap take where their own settings say nothing. Above all
/// it decides which certificates they believe.
///
/// Files of a user's home or of the working directory (`~/.ldaprc`, `ldaprc`) are not read: the servers that are imported
/// have neither.
package enum LDAPClientImport {
    /// Where the system's file may lie; the first that is there is read.
    package static let systemFiles = ["/etc/ldap/ldap.conf", "/etc/openldap/ldap.conf"]

    /// Reads the system's file, then `$LDAPCONF`, then the variables; what is read later counts.
    package static func read(into draft: inout SiteDraft) {
        if let path = systemFiles.first(where: { draft.files.exists($0) }) {
            read(path, into: &draft)
        } else {
            readEnvironment(into: &draft)
        }
    }

    /// The same with another file, or a folder that holds `ldap.conf`, in place of the system's.
    package static func read(_ path: String, into draft: inout SiteDraft) {
        if draft.environment["LDAPNOINIT"] != nil {
            draft.tell(
                "LDAPNOINIT", at: environment, .used, "libldap takes no defaults: neither ldap.conf nor LDAP variables")
            return
        }
        let file = draft.files.text(path) ?? draft.files.text(path + "/ldap.conf")
        guard let file else {
            draft.error(
                at: SourceLocation(file: draft.files.hostPath(path)), "ldap.conf can't be read",
                remedy: "name the file, or leave it out")
            return
        }
        read(file, into: &draft)
        readEnvironment(into: &draft)
    }

    private static let environment = SourceLocation(file: "environment")

    private static func readEnvironment(into draft: inout SiteDraft) {
        guard draft.environment["LDAPNOINIT"] == nil else { return }
        if let path = draft.environment["LDAPCONF"] {
            if let file = draft.files.text(path) {
                draft.tell("LDAPCONF", path, at: environment, .used, "a further file of defaults for libldap")
                read(file, into: &draft)
            } else {
                draft.tell("LDAPCONF", path, at: environment, .ignored, "there is no such file")
            }
        }
        if let name = draft.environment["LDAPRC"] {
            draft.tell("LDAPRC", name, at: environment, .notNeeded, "names a file of a user's home: servers have none")
        }
        for option in Option.allCases {
            let variable = "LDAP" + option.rawValue
            guard let value = draft.environment[variable], !value.isEmpty else { continue }
            set(option, Located(value, at: SourceLocation(file: "environment variable \(variable)")), variable, &draft)
        }
    }

    private static func read(_ file: SourceText, into draft: inout SiteDraft) {
        for line in file.lines {
            let text = String(decoding: line.bytes, as: UTF8.self)
            guard text.first != "#", let name = text.split(whereSeparator: \.isWhitespace).first else { continue }
            // An option begins its line; libldap reads no other.
            guard text.hasPrefix(name) else {
                draft.tell(
                    String(name), at: line.location, .ignored, "libldap reads options at the start of a line only")
                continue
            }
            let value = trimmed(text.dropFirst(name.count))
            guard !value.isEmpty else {
                draft.tell(String(name), at: line.location, .ignored, "no value")
                continue
            }
            guard let option = Option(rawValue: name.uppercased()) else {
                draft.tell(
                    String(name), value, at: line.location, .ignored,
                    "no option that changes how Postroom asks a directory")
                continue
            }
            if option.isUserOnly {
                draft.tell(
                    String(name), value, at: line.location, .ignored,
                    "libldap takes it from a user's file or a variable only, not from the system's file")
                continue
            }
            set(option, Located(value, at: line.location), String(name), &draft)
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }

    private enum Option: String, CaseIterable {
        case uri = "URI"
        case host = "HOST"
        case port = "PORT"
        case base = "BASE"
        case dereference = "DEREF"
        case referrals = "REFERRALS"
        case networkTimeout = "NETWORK_TIMEOUT"
        case timeout = "TIMEOUT"
        case authorityFile = "TLS_CACERT"
        case authorityFolder = "TLS_CACERTDIR"
        case certificate = "TLS_CERT"
        case key = "TLS_KEY"
        case certificateCheck = "TLS_REQCERT"
        case minimumProtocol = "TLS_PROTOCOL_MIN"
        case cipherSuite = "TLS_CIPHER_SUITE"

        var isUserOnly: Bool { self == .certificate || self == .key }
    }

    private static func set(_ option: Option, _ value: Located<String>, _ name: String, _ draft: inout SiteDraft) {
        let text = value.value
        var note = "for LDAP connections whose own settings leave it open"
        var fate = ImportReport.Fate.used
        func refuse(_ why: String) {
            fate = .ignored
            note = why
        }
        switch option {
        case .uri, .host:
            do {
                let list = option == .uri ? try LDAPServerList(urls: text) : try LDAPServerList(hosts: text)
                draft.ldapDefaults.urls = list.urls.map { Located($0, at: value.location) }
            } catch {
                refuse("\(error.server) is no LDAP server: \(error.reason)")
                draft.warning(at: value.location, note, remedy: "ldap://HOST, ldaps://HOST or ldapi:///")
            }
        case .port:
            refuse("a port goes into the URL: URI ldap://HOST:\(text)")
            draft.warning(at: value.location, "PORT alone is not followed", remedy: note)
        case .base:
            if (try? DistinguishedName(parsing: text)) != nil {
                draft.ldapDefaults.base = value
            } else {
                refuse("\"\(text)\" is no distinguished name")
                draft.warning(at: value.location, "\(name): \(note)", remedy: "for example dc=example,dc=org")
            }
        case .dereference:
            let word = text.lowercased()
            if ["never", "searching", "finding", "always"].contains(word) {
                draft.ldapDefaults.dereference = Located(word, at: value.location)
            } else {
                refuse("one of never, searching, finding, always")
            }
        case .referrals:
            switch text.lowercased() {
            case "on", "yes", "true": draft.ldapDefaults.followsReferrals = Located(true, at: value.location)
            case "off", "no", "false": draft.ldapDefaults.followsReferrals = Located(false, at: value.location)
            default: refuse("neither on nor off")
            }
        case .networkTimeout, .timeout:
            if let seconds = Int64(text), (1...86_400).contains(seconds) {
                let time = Located(Duration.seconds(seconds), at: value.location)
                if option == .timeout {
                    draft.ldapDefaults.timeout = time
                } else {
                    draft.ldapDefaults.networkTimeout = time
                }
            } else {
                refuse("no number of seconds; Postroom never waits without end")
            }
        case .authorityFile: draft.ldapDefaults.caFile = value
        case .authorityFolder: draft.ldapDefaults.caDirectory = value
        case .certificate: draft.ldapDefaults.certificate = value
        case .key: draft.ldapDefaults.key = value
        case .certificateCheck:
            if let check = LDAPClientDefaults.CertificateCheck(rawValue: text.lowercased()) {
                draft.ldapDefaults.certificateCheck = Located(check, at: value.location)
                if check == .never || check == .allow {
                    fate = .weak
                    note = "any certificate of the directory is taken where a program does not demand more"
                }
            } else {
                refuse("one of never, allow, try, demand, hard: libldap keeps to demand")
                draft.warning(at: value.location, "\(name) \(text): not understood", remedy: note)
            }
        case .minimumProtocol:
            // "3.N" counts as SSL did: 3.1 is TLS 1.0.
            let versions = ["3": "1.0", "3.0": "1.0", "3.1": "1.0", "3.2": "1.1", "3.3": "1.2", "3.4": "1.3"]
            if let version = versions[text] {
                draft.ldapDefaults.minimumVersion = Located(version, at: value.location)
            } else {
                refuse("3.1 to 3.4 stand for TLS 1.0 to 1.3")
            }
        case .cipherSuite:
            draft.ldapDefaults.cipherSuites = value
            if OpenSSLCipherList.suites(text) == nil {
                refuse("the list is not understood (GnuTLS's notation is not); the library's own choice is used")
                draft.ldapDefaults.cipherSuites = nil
            }
        }
        draft.tell(name, text, at: value.location, fate, note)
    }
}
