import Directory
import SiteConfiguration

extension DovecotSite {
    mutating func readNamespaces() {
        for section in root.sections("namespace") {
            let disabled = takeSwitch("disabled", in: section, "whether there is this namespace at all")
            tellWithoutEffect(section, isDisabled: disabled?.value ?? false)
            var namespace = NamespaceModel(name: section.name, kind: kind(section))
            namespace.prefix = take(
                ["prefix", "namespace_prefix"], in: section, "what its mailboxes' names begin with")
            namespace.separator = separator(section)
            namespace.mailLocation = mailLocation(section)
            namespace.hasOwnSeen =
                namespace.kind.value != .personal
                && section.last("location")?.value.split(separator: ":").contains { $0.hasPrefix("INDEXPVT=") } ?? false
            namespace.isInbox = takeSwitch("inbox", in: section, "whether INBOX is in it")?.value ?? false
            namespace.isHidden = takeSwitch("hidden", in: section, "whether clients are told of it")?.value ?? false
            namespace.keepsSubscriptions =
                takeSwitch("subscriptions", in: section, "whether it keeps its own subscriptions")?.value ?? true
            if let list = take("list", in: section, "whether its mailboxes are listed") {
                if ["yes", "no", "children"].contains(list.value.lowercased()) {
                    namespace.list = list.map { $0.lowercased() }
                } else {
                    draft.error(at: list.location, "list: \(list.value) is not known", remedy: "yes, no or children")
                }
            }
            for key in ["ignore_on_failure", "alias_for", "order"] where section.last(key) != nil {
                tell(key, in: section, .ignored, "a detail that is not kept")
            }
            if namespace.isInbox || namespace.kind.value == .public, let location = namespace.mailLocation {
                addRoot(of: location)
            }
            for mailbox in section.sections("mailbox") { namespace.mailboxes.append(readMailbox(mailbox)) }
            if disabled?.value != true { draft.model.accounts.namespaces.append(namespace) }
        }
        let inboxes = draft.model.accounts.namespaces.filter(\.isInbox)
        if inboxes.count > 1, let second = inboxes.dropFirst().first {
            draft.error(
                at: second.kind.location, "two namespaces hold INBOX", remedy: "inbox = yes in one of them")
        } else if inboxes.isEmpty, !draft.model.accounts.namespaces.isEmpty {
            draft.error(at: location, "no namespace holds INBOX", remedy: "inbox = yes in one namespace")
        }
    }

    /// What is read and kept, and changes nothing here: all of a namespace that clients don't see, and some of INBOX's.
    private mutating func tellWithoutEffect(_ section: DovecotSection, isDisabled: Bool) {
        func isOn(_ key: String) -> Bool? {
            section.last(key).map { ["yes", "y", "1"].contains($0.value.lowercased()) }
        }
        let isPersonal = section.last("type")?.value.lowercased() ?? "private" == "private"
        guard !isDisabled, isPersonal, isOn("inbox") ?? false else {
            // Shared and public ones: their names and where they lie count, the rest does not.
            var used: Set<String> = isPersonal ? ["type", "inbox"] : ["type", "inbox", "prefix", "separator"]
            if section.last("type")?.value.lowercased() == "public" { used.insert("location") }
            let reason = isDisabled ? "the namespace is disabled" : "only of INBOX's namespace it is known"
            for part in [section] + section.sections("mailbox") {
                for setting in part.settings where !used.contains(setting.key) || isDisabled {
                    tell(setting.key, in: part, isDisabled ? .notNeeded : .ignored, reason)
                }
            }
            return
        }
        if isOn("hidden") == true { tell("hidden", in: section, .ignored, "clients are told of INBOX's namespace") }
        if let list = section.last("list"), list.value.lowercased() != "yes" {
            tell("list", in: section, .ignored, "the mailboxes of INBOX's namespace are listed")
        }
        if isOn("subscriptions") == false {
            tell("subscriptions", in: section, .ignored, "subscriptions lie in INBOX's own Maildir")
        }
    }

    private mutating func kind(_ section: DovecotSection) -> Located<NamespaceModel.Kind> {
        guard let type = take("type", in: section, "whose mailboxes are in it") else {
            return Located(.personal, at: section.location)
        }
        guard let kind = NamespaceModel.Kind(rawValue: type.value.lowercased()) else {
            draft.error(at: type.location, "type: \(type.value) is not known", remedy: "private, shared or public")
            return Located(.personal, at: type.location)
        }
        return Located(kind, at: type.location)
    }

    private mutating func separator(_ section: DovecotSection) -> Located<String>? {
        let keys = ["separator", "namespace_separator"]
        guard let value = take(keys, in: section, "what parts the levels of its mailboxes' names") else { return nil }
        guard value.value.utf8.count == 1 else {
            draft.error(
                at: value.location, "separator: \(value.value) is not one character", remedy: "for example / or .")
            return nil
        }
        return value
    }

    private mutating func mailLocation(_ section: DovecotSection) -> Located<String>? {
        guard let location = section.last("location")?.located else { return nil }
        guard !location.value.isEmpty else {
            tell("location", in: section, .notNeeded, "is empty")
            return nil
        }
        do {
            _ = try templates.checkMailLocation(location.value)
            tell("location", in: section, .used, "where its mail lies")
        } catch {
            tell("location", in: section, .unsupported(.routing), "\(error)")
        }
        return location
    }

    private mutating func readMailbox(_ section: DovecotSection) -> MailboxModel {
        let name = take(["name", "mailbox_name"], in: section, "the mailbox's name")
        var mailbox = MailboxModel(name: name ?? Located(section.name, at: section.location))
        if let auto = take(["auto", "mailbox_auto"], in: section, "whether it is made by itself") {
            if let creation = MailboxModel.Creation(rawValue: auto.value.lowercased()) {
                mailbox.creation = creation
            } else {
                draft.error(at: auto.location, "auto: \(auto.value) is not known", remedy: "no, create or subscribe")
            }
        }
        if let uses = take(["special_use", "mailbox_special_use"], in: section, "what it is for") {
            // RFC 6154 §2 and RFC 8457.
            let known = ["\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Important", "\\Junk", "\\Sent", "\\Trash"]
            for word in uses.value.split(separator: " ") {
                if let use = known.first(where: { $0.lowercased() == word.lowercased() }) {
                    mailbox.specialUses.append(Located(use, at: uses.location))
                } else {
                    draft.error(
                        at: uses.location, "special_use: \(word) is not known", remedy: known.joined(separator: " "))
                }
            }
        }
        for key in ["autoexpunge", "autoexpunge_max_mails", "comment", "driver"] where section.last(key) != nil {
            tell(
                key, in: section, .ignored,
                key.hasPrefix("autoexpunge") ? "mail is not removed by itself" : "a detail that is not kept")
        }
        return mailbox
    }
}
