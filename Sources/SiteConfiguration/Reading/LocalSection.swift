import Directory

/// `local:`: mail from programs of this machine.
enum LocalSection {
    static func read(_ site: SectionReader) -> LocalSubmissionModel {
        var model = LocalSubmissionModel()
        guard let reader = site.section("local") else { return model }
        model.isOffered = reader.boolean("enabled")?.value ?? true
        model.socket = reader.string("socket")
        if let socket = model.socket { checkPath(socket, "local.socket", site.context) }
        if reader.node("users") != nil { model.users = TableSection.matchList("users", reader) }
        reader.finish()
        return model
    }

    static func checkPath(_ path: Located<String>, _ key: String, _ context: ReadingContext) {
        guard !path.value.hasPrefix("/") else { return }
        context.faults.error(
            at: path.location, "\(key): \(path.value) is no absolute path", remedy: "for example /run/postroom")
    }
}
