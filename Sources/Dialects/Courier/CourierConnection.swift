import Directory
import MailModel
import SiteConfiguration

/// The settings by which Courier's programs reach a directory; authldaprc and ldapaliasrc have the same.
enum CourierConnection {
    static func directory(_ file: CourierFile, _ draft: inout SiteDraft) -> Located<String>? {
        var connection = LDAPConnectionSettings()
        guard let servers = file.value("LDAP_URI") ?? file.value("LDAP_SERVER") else {
            draft.error(
                at: file.location, "neither LDAP_URI nor LDAP_SERVER names a server",
                remedy: "LDAP_URI ldap://ldap.example.org")
            return nil
        }
        let port = file.number("LDAP_PORT", &draft)?.value
        if let port, !(1...65_535).contains(port) {
            draft.error(at: file.location, "LDAP_PORT: \(port) is no port", remedy: "389, or leave it out")
            return nil
        }
        do {
            let list =
                try file.value("LDAP_URI") != nil
                ? LDAPServerList(urls: servers.value) : LDAPServerList(hosts: servers.value, port: port)
            connection.urls = list.urls.map { Located($0, at: servers.location) }
            for server in list.withoutScheme {
                draft.warning(
                    at: servers.location, "LDAP_URI: \(server) has no scheme", remedy: "ldap://\(server) is meant")
            }
        } catch {
            draft.error(
                at: servers.location, "\(error.server): \(error.reason)",
                remedy: "LDAP_URI ldap://HOST, or LDAP_SERVER HOST")
            return nil
        }
        // Before there was LDAP_INITBIND, Courier bound whenever it knew whom as.
        if file.isOn("LDAP_INITBIND")?.value ?? true {
            connection.bindName = file.value("LDAP_BINDDN")
            connection.bindPassword = file.value("LDAP_BINDPW")?.map { Secret($0) }
        }
        connection.startTLS = file.isOn("LDAP_TLS")
        if let seconds = file.number("LDAP_TIMEOUT", &draft), seconds.value > 0 {
            connection.timeout = .seconds(Int64(seconds.value))
        } else {
            connection.timeout = .seconds(5)
        }
        return Located(connection.directory(&draft, program: "Courier", at: file.location), at: servers.location)
    }

    /// LDAP_DEREF.
    static func dereference(_ file: CourierFile, _ draft: inout SiteDraft) -> Located<String>? {
        guard let value = file.value("LDAP_DEREF") else { return nil }
        let word = value.value.lowercased()
        guard ["never", "searching", "finding", "always"].contains(word) else {
            draft.error(
                at: value.location, "LDAP_DEREF: \(value.value) is not known",
                remedy: "never, searching, finding or always")
            return nil
        }
        return word == "never" ? nil : Located(word, at: value.location)
    }

    static let notes: [String: (ImportReport.Fate, String)] = [
        "LDAP_URI": (.used, "the directory's servers"), "LDAP_SERVER": (.used, "the directory's servers"),
        "LDAP_PORT": (.used, "their port"), "LDAP_BASEDN": (.used, "where entries are searched"),
        "LDAP_BINDDN": (.used, "whom searches bind as"), "LDAP_BINDPW": (.used, "the password for that"),
        "LDAP_INITBIND": (.used, "whether searches bind at all"), "LDAP_TLS": (.used, "StartTLS towards the directory"),
        "LDAP_TIMEOUT": (.used, "how long an answer is waited for"),
        "LDAP_DEREF": (.used, "how alias entries are treated"),
        "LDAP_PROTOCOL_VERSION": (.notNeeded, "version 3 is spoken"),
        "LDAP_NUMPROCS": (.notNeeded, "searches share a few connections"),
    ]
}
