import SiteConfiguration

extension DovecotSite {
    /// The acl plugin's settings of 2.3.
    /// - Parameter hasCommands: imap_acl is loaded as well.
    mutating func readAccessControl(isLoaded: Bool, hasCommands: Bool) {
        // Without the plugin files of the name mean nothing, and clients are told of no ACLs.
        draft.model.accounts.accessControl.isEnabled = isLoaded
        draft.model.accounts.accessControl.hasCommands = hasCommands || !isLoaded
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
            if let backend = section.last("acl")?.located { readBackend(backend, section) }
            if section.last("acl_anyone") != nil {
                tell("acl_anyone", in: section, .ignored, "what anyone is let see is shown to all")
            }
        }
    }

    /// `vfile:/etc/dovecot/acls:cache_secs=300`: entries of the site for all mailboxes.
    private mutating func readBackend(_ backend: Located<String>, _ section: DovecotSection) {
        let parts = backend.value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 1, parts[1].hasPrefix("/") else {
            tell("acl", in: section, .used, "ACLs lie in the mailboxes")
            return
        }
        draft.model.accounts.accessControl.siteLists = backend.map { _ in draft.files.hostPath(parts[1]) }
        tell("acl", in: section, .used, "ACLs lie in the mailboxes, and those of the site in \(parts[1])")
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
