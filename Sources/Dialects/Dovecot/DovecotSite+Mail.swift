import Accounts
import Directory
import MailModel
import MailStore
import SiteConfiguration

extension DovecotSite {
    /// Where mail lies and who owns it: mail_location, mail_home, mail_uid, mail_gid and their bounds.
    mutating func readMail() {
        if isVersion24 {
            readMailSettings24()
        } else if let location = root.last("mail_location")?.located, !location.value.isEmpty {
            setMailLocation(location, "mail_location")
        } else {
            tell("mail_location", in: root, .notNeeded, "is empty")
        }
        if let home = take("mail_home", "the home directory of users without their own") {
            if let problem = templates.problem(home.value, for: .mailLocation) {
                draft.error(at: home.location, "mail_home: \(problem)", remedy: "for example /var/mail/%d/%n")
            } else {
                draft.model.accounts.home = home
                addRoot(of: home)
            }
        }
        draft.model.accounts.uid = take("mail_uid", "owner of the mail of users without their own uid")
        draft.model.accounts.gid = take("mail_gid", "group of the mail of users without their own gid")
        let note = "which owners users may have"
        draft.model.accounts.minimumUID = takeNumber("first_valid_uid", note) ?? Located(500, at: .builtIn)
        draft.model.accounts.minimumGID = takeNumber("first_valid_gid", note) ?? Located(1, at: .builtIn)
        if let last = takeNumber("last_valid_uid", note), last.value > 0 { draft.model.accounts.maximumUID = last }
        if let last = takeNumber("last_valid_gid", note), last.value > 0 { draft.model.accounts.maximumGID = last }
        if let minimum = draft.model.accounts.minimumUID, minimum.value == 0 {
            draft.warning(
                at: minimum.location, "first_valid_uid = 0: mail is never kept as root here",
                remedy: "give the mail an owner of its own")
        }
        readMboxLocks()
        if draft.model.accounts.mailLocation == nil, !givesMail {
            draft.warning(
                at: location, "mail_location is not set, and no userdb gives mail: Dovecot looks where mail might be",
                remedy: "mail_location = maildir:~/Maildir, or wherever mail lies")
        }
    }

    private mutating func readMboxLocks() {
        var locks = draft.model.store.mboxLocks
        locks.read = takeLocks("mbox_read_locks", "how mboxes are locked to be read")
        if let write = takeLocks("mbox_write_locks", "how mboxes are locked to be changed") {
            // Postfix's agents may deliver into the same files: whoever takes the locks of both keeps everybody off.
            locks.write = Located(write.value.union(locks.write?.value ?? []), at: write.location)
        }
        locks.timeout = takeTime("mbox_lock_timeout", "how long a lock of an mbox is waited for, at most 10 minutes")
        locks.staleAfter = takeTime("mbox_dotlock_change_timeout", "the age of a lock file that counts no more")
        draft.model.store.mboxLocks = locks
    }

    private mutating func takeLocks(_ key: String, _ note: String) -> Located<MboxLocking.Locks>? {
        guard let value = take(key, note) else { return nil }
        var locks: MboxLocking.Locks = []
        for name in value.value.split(whereSeparator: \.isWhitespace) {
            guard let lock = MboxLocking.Locks(name: String(name)) else {
                draft.error(
                    at: value.location, "\(key): \(name) is no lock", remedy: "give fcntl, flock, dotlock or lockf")
                continue
            }
            locks.insert(lock)
        }
        return Located(locks, at: value.location)
    }

    private var givesMail: Bool {
        draft.model.accounts.users.contains { user in
            user.attributes.value.split(separator: ",").contains { $0.contains("=mail") }
                || user.fields.contains { $0.name == "mail" || $0.name.hasPrefix("mail_") }
                || user.driver == .passwdFile
                || user.driver == .prefetch
        }
    }

    /// - Parameter key: the setting that it comes from, to be told with what becomes of it.
    mutating func setMailLocation(_ location: Located<String>, _ key: String) {
        do {
            _ = try templates.checkMailLocation(location.value)
            draft.model.accounts.mailLocation = location
            addRoot(of: location)
            tell(key, in: root, .used, "where mail lies, unless the user's own fields say so")
        } catch {
            tell(key, in: root, .unsupported(.routing), "\(error)")
        }
    }

    // MARK: Roots

    /// The folder below which all of a template's paths lie, when its text says so.
    mutating func addRoot(of template: Located<String>) {
        for path in Self.constantFolders(template.value) { addRoot(path, at: template.location) }
    }

    /// The paths that attributes set for everybody: `=home=/var/mail/%{ldap:uid}`.
    mutating func addRoots(ofAttributes attributes: Located<String>) {
        guard let mapping = try? AttributeMapping(attributes.value) else { return }
        for item in mapping.items {
            guard case .set(let field, let template) = item, ["home", "mail"].contains(field.description) else {
                continue
            }
            addRoot(of: Located(template.text, at: attributes.location))
        }
    }

    private mutating func addRoot(_ path: String, at location: SourceLocation) {
        let roots = draft.model.store.roots
        guard !roots.contains(where: { path == $0.value || path.hasPrefix($0.value + "/") }) else { return }
        draft.model.store.roots.removeAll { $0.value.hasPrefix(path + "/") }
        draft.model.store.roots.append(Located(path, at: location))
    }

    /// Of `maildir:/var/mail/%d/%n:INBOX=/spool/%u` these are `/var/mail` and `/spool`.
    static func constantFolders(_ template: String) -> [String] {
        template.replacing("::", with: ":").split(separator: ":").compactMap { part in
            var part = part
            if let equals = part.firstIndex(of: "="), part[..<equals].allSatisfy({ $0.isASCII && $0.isUppercase }) {
                part = part[part.index(after: equals)...]
            }
            guard part.hasPrefix("/") else { return nil }
            if let percent = part.firstIndex(of: "%") {
                part = part[..<percent]
                guard let slash = part.lastIndex(of: "/") else { return nil }
                part = part[..<slash]
            }
            while part.last == "/" { part.removeLast() }
            guard !part.isEmpty, !part.split(separator: "/").contains("..") else { return nil }
            return String(part)
        }
    }
}
