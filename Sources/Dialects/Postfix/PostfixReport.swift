import Directory
import SiteConfiguration

/// What became of each parameter that main.cf and master.cf set.
struct PostfixReport {
    let reading: PostfixReading

    init(_ reading: PostfixReading) {
        self.reading = reading
    }

    func write() {
        let settings = reading.main.settings.values + reading.serviceSettings
        for setting in settings.sorted(by: Self.precedes) { write(setting) }
        for setting in reading.main.overridden.sorted(by: Self.precedes) {
            reading.draft.report.add(
                setting.name, value: PostfixReading.shown(setting.value, of: setting.name), at: setting.location,
                .ignored, "a later line sets it again")
        }
        for key in reading.tableParameterOrder.sorted() {
            if let entry = reading.tableParameters[key] { reading.draft.report.add(entry) }
        }
    }

    private static func precedes(
        _ left: MainConfiguration.Setting, _ right: MainConfiguration.Setting
    ) -> Bool {
        (left.service == nil ? 0 : 1, left.location.file, left.location.line ?? 0, left.name)
            < (right.service == nil ? 0 : 1, right.location.file, right.location.line ?? 0, right.name)
    }

    private func write(_ setting: MainConfiguration.Setting) {
        let (fate, note) = fate(of: setting)
        // What a table of logins is made from may hold them.
        let holdsLogins = reading.use(of: setting.name)?.contains("password_maps") ?? false
        reading.draft.report.add(
            setting.name,
            value: PostfixReading.shown(setting.value, of: holdsLogins ? "password_maps" : setting.name),
            at: setting.location, fate,
            setting.service.map { "\(note) (\($0))" } ?? note)
    }

    private func fate(of setting: MainConfiguration.Setting) -> (ImportReport.Fate, String) {
        if let told = reading.fate(setting.key) { return told }
        let name = setting.name
        let value = WordList.trimmed(expanded(setting))
        if let other = reading.use(of: name) { return (.used, "part of \(other)") }
        if let known = ParameterFates.notNeeded[name] { return (.notNeeded, known) }
        if let known = ParameterFates.unsupported[name] {
            return ParameterFates.isOff(value) ? (.notNeeded, "off") : (.unsupported(known.effect), known.note)
        }
        if setting.service == nil, let standard = ParameterDefaults.values[name], standard == setting.value {
            return (.notNeeded, "Postfix's own default")
        }
        if let family = ParameterFates.family(name) { return (.ignored, family) }
        if ParameterDefaults.isKnown(name) {
            return (.ignored, "has no counterpart, and decides neither where mail goes nor who may do what")
        }
        if setting.service != nil, reading.main.isSet(name) {
            return (.used, "a parameter of this configuration's own")
        }
        let near = ParameterDefaults.nearest(name)
        if let near {
            reading.warning(
                at: setting.location, "\(name) is no parameter of Postfix: ignored", remedy: "did you mean \(near)?")
        }
        return (
            .ignored, "no parameter of Postfix, and nothing refers to it" + (near.map { "; did you mean \($0)?" } ?? "")
        )
    }

    private func expanded(_ setting: MainConfiguration.Setting) -> String {
        let configuration = setting.service == nil ? reading.main : reading.main.overridden(by: [setting])
        return (try? configuration.value(setting.name)) ?? setting.value
    }
}
