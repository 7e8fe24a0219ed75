import POP3

/// `pop3:`.
enum POP3Section {
    static func read(_ site: SectionReader) -> POP3Model {
        var model = POP3Model()
        guard let reader = site.section("pop3") else { return model }
        if let text = reader.string("uidl_format") {
            do throws(UIDLFormat.Mistake) {
                model.uniqueIDs = Located(try POP3Model.UniqueIDs.read(text.value), at: text.location)
            } catch {
                reader.context.faults.error(
                    at: text.location, "pop3.uidl_format: \(error)",
                    remedy: "courier, or a format such as %08Xu%08Xv; see docs/pop3.md")
            }
        }
        model.savesUniqueIDs = reader.boolean("save_uidl")
        model.reusesXUIDL = reader.boolean("reuse_xuidl")
        model.renamesDuplicates = reader.boolean("rename_duplicate_uidls")
        model.marksRead = reader.boolean("mark_read")
        model.locks = reader.boolean("lock")
        model.deletedKeyword = reader.string("deleted_keyword")
        model.deletesByKeyword = reader.boolean("delete_by_keyword")
        model.loginDelay = reader.integer("login_delay", in: 0...86_400)
        model.workarounds = (reader.strings("client_workarounds") ?? []).compactMap { text in
            if let known = POP3Model.Workaround(rawValue: text.value) { return Located(known, at: text.location) }
            reader.context.faults.error(
                at: text.location, "pop3.client_workarounds: \(text.value) is not known",
                remedy: "one of " + POP3Model.Workaround.allCases.map(\.rawValue).joined(separator: ", "))
            return nil
        }
        reader.finish()
        if let deletes = model.deletesByKeyword, deletes.value, model.deletedKeyword == nil {
            reader.context.faults.error(
                at: deletes.location, "pop3.delete_by_keyword: no keyword is named",
                remedy: "name it as pop3.deleted_keyword, for example $POP3Deleted")
        }
        return model
    }
}
