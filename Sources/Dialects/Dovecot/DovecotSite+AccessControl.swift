import SiteConfiguration

extension DovecotSite {
    /// The acl plugin's settings of 2.3.
    mutating func readAccessControl(isLoaded: Bool) {
        for section in [root] + root.descendants where section.type == "plugin" {
            guard isLoaded else {
                for key in ["acl", "acl_shared_dict", "acl_defaults_from_inbox", "acl_anyone"]
                where section.last(key) != nil {
                    tell(key, in: section, .notNeeded, "the acl plugin is not loaded (mail_plugins)")
                }
                continue
            }
            readSharedFile(section)
            if let defaults = section.last("acl_defaults_from_inbox") {
                draft.model.accounts.accessControl.defaultsFromInbox = ["yes", "y", "1"].contains(
                    defaults.value.lowercased())
                tell("acl_defaults_from_inbox", in: section, .used, "INBOX's ACL is that of mailboxes without one")
            }
            if let backend = section.last("acl") {
                // `vfile:/etc/dovecot/acls`: entries of the site for all mailboxes.
                let isPlain = backend.value.split(separator: ":").count < 2
                tell(
                    "acl", in: section, isPlain ? .used : .ignored,
                    isPlain ? "ACLs lie in the mailboxes" : "the site's own ACL file is not read")
            }
            if section.last("acl_anyone") != nil {
                tell("acl_anyone", in: section, .ignored, "what anyone is let see is shown to all")
            }
        }
    }

    private mutating func readSharedFile(_ section: DovecotSection) {
        guard let file = section.last("acl_shared_dict")?.located, !file.value.isEmpty else { return }
        guard file.value.hasPrefix("file:/") else {
            tell("acl_shared_dict", in: section, .ignored, "only a file (file:/path) says who lets whom see mailboxes")
            return
        }
        draft.model.accounts.accessControl.sharedFile = file.map { String($0.dropFirst("file:".count)) }
        tell("acl_shared_dict", in: section, .used, "who lets whom see mailboxes")
    }
}
