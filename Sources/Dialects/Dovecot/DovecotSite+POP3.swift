import Directory
import POP3
import SiteConfiguration

extension DovecotSite {
    /// The settings of the pop3 service, at the root or in `protocol pop3`.
    mutating func readPOP3() {
        guard servesPOP3 else { return }
        var model = POP3Model()
        // Several sessions may have a mailbox at once, unless it says otherwise.
        model.locks =
            pop3Switch("pop3_lock_session", "whether a session has the mailbox to itself, among Postroom's own")
            ?? Located(false, at: .builtIn)
        if let text = pop3Text("pop3_uidl_format", "how messages are named: clients fetch nothing twice") {
            do throws(UIDLFormat.Mistake) {
                let format = try UIDLFormat(text.value)
                model.uniqueIDs = Located(.format(format), at: text.location)
                if format.needsHeaderSums, root.last("mail_location")?.located.value.hasPrefix("mbox:") != true {
                    draft.error(
                        at: text.location, "pop3_uidl_format: \(text.value): %m is an id of mboxes alone",
                        remedy: "a format of %u, %v, %f and %g, such as %08Xu%08Xv")
                }
            } catch {
                draft.error(
                    at: text.location, "pop3_uidl_format: \(error)",
                    remedy: "a format of %u, %v, %f and %g, such as %08Xu%08Xv")
            }
        }
        model.savesUniqueIDs = pop3Switch("pop3_save_uidl", "whether the names are kept with the messages")
        model.reusesXUIDL = pop3Switch("pop3_reuse_xuidl", "whether X-UIDL names a message")
        if let updates = pop3Switch("pop3_no_flag_updates", "whether reading leaves no trace") {
            model.marksRead = updates.map { !$0 }
        }
        if let duplicates = pop3Text("pop3_uidl_duplicates", "what becomes of equal names") {
            model.renamesDuplicates = duplicates.map { $0 == "rename" }
        }
        readDeleting(into: &model)
        if let list = pop3Text("pop3_client_workarounds", "what broken clients want") {
            for word in list.value.split(whereSeparator: { $0 == " " || $0 == "," }) {
                guard let known = POP3Model.Workaround(rawValue: String(word)) else {
                    draft.error(
                        at: list.location, "pop3_client_workarounds: \(word) is not known",
                        remedy: POP3Model.Workaround.allCases.map(\.rawValue).joined(separator: " "))
                    continue
                }
                model.workarounds.append(Located(known, at: list.location))
            }
        }
        for section in pop3Sections {
            tell("pop3_fast_size_lookups", in: section, .notNeeded, "sizes are exact, and counted once")
            tell("pop3_logout_format", in: section, .notNeeded, "what is logged is Postroom's own")
            tell("pop3_enable_last", in: section, .ignored, "LAST, which RFC 1725 took away, is not answered")
        }
        draft.model.pop3 = model
    }

    /// The same as `servesPOP3`, before the protocols are read.
    var namesPOP3: Bool {
        let words = root.last("protocols")?.value.split(separator: " ") ?? []
        return words.contains { $0 == "pop3" || $0 == "pop3s" }
            || root.sections("protocols").contains { $0.last("pop3")?.value == "yes" }
    }

    private mutating func readDeleting(into model: inout POP3Model) {
        model.deletedKeyword = pop3Text("pop3_deleted_flag", "messages with this keyword are not shown")
        guard let kind = pop3Text("pop3_delete_type", "what DELE does") else {
            model.deletesByKeyword = model.deletedKeyword.map { $0.map { _ in true } }
            return
        }
        switch kind.value {
        case "default": model.deletesByKeyword = model.deletedKeyword.map { $0.map { _ in true } }
        case "expunge": model.deletesByKeyword = kind.map { _ in false }
        case "flag" where model.deletedKeyword != nil: model.deletesByKeyword = kind.map { _ in true }
        case "flag":
            draft.error(
                at: kind.location, "pop3_delete_type is flag, and pop3_deleted_flag names none",
                remedy: "name it, for example $POP3Deleted")
        default:
            draft.error(
                at: kind.location, "pop3_delete_type: \(kind.value) is not known", remedy: "default, expunge or flag")
        }
    }

    private var pop3Sections: [DovecotSection] { root.sections("protocol").filter { $0.name == "pop3" } + [root] }

    /// The one in `protocol pop3` goes before the one at the root.
    private mutating func pop3Text(_ key: String, _ note: String) -> Located<String>? {
        var result: Located<String>?
        for section in pop3Sections {
            if let value = take(key, in: section, note), result == nil { result = value }
        }
        return result
    }

    private mutating func pop3Switch(_ key: String, _ note: String) -> Located<Bool>? {
        var result: Located<Bool>?
        for section in pop3Sections {
            if let value = takeSwitch(key, in: section, note), result == nil { result = value }
        }
        return result
    }
}
