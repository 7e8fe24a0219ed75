/// What Dovecot 1.x wrote otherwise and 2.3 still understands, brought into today's form: `auth default { … }` with its
/// databases and sockets, and settings that have other names now.
enum DovecotOlderForms {
    static func modernize(_ root: DovecotSection) {
        rename(in: root)
        for section in root.sections where section.isFilter { rename(in: section) }
        let old = root.sections("auth")
        guard !old.isEmpty else { return }
        root.sections.removeAll { $0.type == "auth" }
        for section in old { moveAuth(section, to: root) }
    }

    private static func rename(in section: DovecotSection) {
        for index in section.settings.indices {
            let setting = section.settings[index]
            switch setting.key {
            case "ssl_disable":
                section.settings[index].key = "ssl"
                section.settings[index].bytes = Array((setting.value.lowercased() == "yes" ? "no" : "yes").utf8)
            case "ssl_cert_file", "ssl_key_file":
                section.settings[index].key = String(setting.key.dropLast("_file".count))
                section.settings[index].file = setting.value.isEmpty ? nil : setting.value
            default: break
            }
        }
    }

    private static func moveAuth(_ section: DovecotSection, to root: DovecotSection) {
        let services = ["user", "count", "process_size", "chroot"]
        for setting in section.settings {
            var setting = setting
            if services.contains(setting.key) {
                if setting.key != "user" { setting.key = "process_limit" }
                service(root, at: section).settings.append(setting)
                continue
            }
            if !setting.key.hasPrefix("auth_") { setting.key = "auth_" + setting.key }
            root.settings.append(setting)
        }
        for inner in section.sections {
            switch inner.type {
            case "passdb", "userdb":
                // "passdb ldap" names the driver there.
                let database = DovecotSection(type: inner.type, name: "", in: root, location: inner.location)
                database.settings = inner.settings
                database.sections = inner.sections
                database.driver = inner.name
                root.sections.append(database)
            case "socket":
                for end in inner.sections where ["client", "master"].contains(end.type) {
                    guard let path = end.last("path") else { continue }
                    let parent = service(root, at: section)
                    let listener = DovecotSection(
                        type: "unix_listener", name: path.value, in: parent, location: end.location)
                    listener.settings = end.settings
                    if end.type == "client" {
                        parent.sections.append(listener)
                    } else {
                        // The master's socket answers for users and takes no logins.
                        let master = DovecotSection(
                            type: "unix_listener", name: "auth-master", in: parent, location: end.location)
                        master.settings = end.settings.filter { $0.key != "path" }
                        parent.sections.append(master)
                        let rest = DovecotSection(type: "socket", name: "", in: parent, location: end.location)
                        rest.settings = end.settings.filter { $0.key == "path" }
                        parent.sections.append(rest)
                    }
                }
            default: root.sections.append(inner)
            }
        }
    }

    private static func service(_ root: DovecotSection, at section: DovecotSection) -> DovecotSection {
        if let known = root.section("service", "auth") { return known }
        let service = DovecotSection(type: "service", name: "auth", in: root, location: section.location)
        root.sections.append(service)
        return service
    }
}
