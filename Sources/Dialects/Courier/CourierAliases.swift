import Directory
import LDAP
import SiteConfiguration

/// ldapaliasrc: aliases of Courier's mail server that stand in a directory.
enum CourierAliases {
    static func read(_ file: CourierFile, _ draft: inout SiteDraft) {
        let isOn = file.isOn("LDAP_ALIAS")?.value ?? false
        file.tell(&draft) { setting in
            guard isOn || setting.name == "LDAP_ALIAS" else { return (.notNeeded, "LDAP_ALIAS is not 1") }
            return notes[setting.name] ?? CourierConnection.notes[setting.name]
        }
        guard isOn, let directory = CourierConnection.directory(file, &draft) else { return }
        let mail = name("LDAP_MAIL", "mail", file, &draft)
        let target = name("LDAP_MAILDROP", "maildrop", file, &draft)
        guard let mail, let target else { return }
        let location = mail.location == .builtIn ? file.location : mail.location
        let own = file.value("LDAP_FILTER")
        let text = own.map { "(&\($0.value)(\(mail.value)=%s))" } ?? "(\(mail.value)=%s)"
        guard (try? LDAPFilter(parsing: text)) != nil else {
            draft.error(
                at: own?.location ?? location, "LDAP_FILTER: no filter",
                remedy: "a filter in parentheses: (objectClass=person)")
            return
        }
        var table = LDAPTableModel(
            name: "ldapaliasrc", directory: directory, searchBase: file.value("LDAP_BASEDN"),
            filter: Located(text, at: own?.location ?? location), resultAttributes: [target])
        if let dereference = CourierConnection.dereference(file, &draft) {
            let numbers = ["searching": 1, "finding": 2, "always": 3]
            table.dereference = numbers[dereference.value].map { Located($0, at: dereference.location) }
        }
        draft.model.routing.aliases.append(.ldap(table))
    }

    private static func name(
        _ key: String, _ standard: String, _ file: CourierFile, _ draft: inout SiteDraft
    ) -> Located<String>? {
        guard let value = file.value(key) else { return Located(standard, at: .builtIn) }
        guard
            value.value.utf8.allSatisfy({
                $0 == 0x2D || ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A)
            })
        else {
            draft.error(at: value.location, "\(key): \"\(value.value)\" is no name of an attribute", remedy: "one name")
            return nil
        }
        return value
    }

    private static let notes: [String: (ImportReport.Fate, String)] = [
        "LDAP_ALIAS": (.used, "whether aliases stand in the directory"),
        "LDAP_MAIL": (.used, "the attribute with the alias"),
        "LDAP_MAILDROP": (.used, "the attribute with its targets"),
        "LDAP_FILTER": (.used, "which entries are aliases"),
        "LDAP_SOURCE": (.ignored, "the directory's own attributes decide"),
        "LDAP_VDOMAIN": (.unsupported(.routing), "domains by Courier's virtual domain attribute are not made"),
        "LDAP_VUSER": (.unsupported(.routing), "domains by Courier's virtual domain attribute are not made"),
    ]
}
