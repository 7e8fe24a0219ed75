import Directory
import SiteConfiguration

/// Courier's configuration: authldaprc, ldapaliasrc, and the settings of its IMAP server.
package enum CourierImport {
    /// - Parameter path: the folder (`/etc/courier`) or authldaprc itself; the other files lie beside it.
    package static func read(_ path: String, into draft: inout SiteDraft) {
        var folder = path
        var file = draft.files.text(path + "/authldaprc")
        if file == nil, let own = draft.files.text(path) {
            file = own
            folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        }
        guard let file else {
            draft.error(
                at: SourceLocation(file: draft.files.hostPath(path)), "authldaprc can't be read",
                remedy: "name the file or its folder: courier:/etc/courier")
            return
        }
        draft.hasCourier = true
        readModules(folder, &draft)
        CourierAccounts.read(CourierFile(file, .words, &draft), &draft)
        if let aliases = draft.files.text(folder + "/ldapaliasrc") {
            CourierAliases.read(CourierFile(aliases, .words, &draft), &draft)
        }
        CourierIMAP.read(folder, &draft)
        CourierPOP3.read(folder, &draft)
        for (name, note) in [
            ("esmtpd", "mail is received as Postfix's configuration says"),
            ("esmtpd-ssl", "mail is received as Postfix's configuration says"),
            ("esmtpd-msa", "submission is as Postfix's configuration says"),
        ] {
            guard let text = draft.files.text("\(folder)/\(name)") else { continue }
            for setting in CourierFile(text, .shell, &draft).settings {
                draft.tell("\(name)/\(setting.name)", setting.value.value, at: setting.value.location, .ignored, note)
            }
        }
    }

    /// authdaemonrc: which of Courier's modules are asked.
    private static func readModules(_ folder: String, _ draft: inout SiteDraft) {
        let paths = ["\(folder)/authdaemonrc", "\(folder)/authlib/authdaemonrc"]
        guard let text = draft.files.text(firstOf: paths) else { return }
        CourierFile(text, .shell, &draft).tell(&draft) { setting in
            guard setting.name == "authmodulelist" else { return (.notNeeded, "concerns Courier's processes") }
            let others = setting.value.value.split(separator: " ").filter { $0 != "authldap" }
            return others.isEmpty
                ? (.used, "accounts are in LDAP")
                : (.unsupported(.login), "only authldap is followed, not \(others.joined(separator: ", "))")
        }
    }
}
