import Glibc

/// Who runs a program, as passwd(5) tells.
package struct LocalUser: Hashable, Sendable {
    package var name: String
    package var fullName: String
    package var home: String

    package init(name: String, fullName: String, home: String) {
        self.name = name
        self.fullName = fullName
        self.home = home
    }

    /// Nil where the uid has no name: in a container, often. Blocks.
    package static func current() -> LocalUser? {
        guard let entry = getpwuid(getuid())?.pointee, let name = entry.pw_name else { return nil }
        let login = String(cString: name)
        // chfn(1): the full name ends at the first comma; & stands for the login's.
        let field = entry.pw_gecos.map { String(cString: $0) } ?? ""
        let full = field.prefix { $0 != "," }.replacing("&", with: login.prefix(1).uppercased() + login.dropFirst())
        return LocalUser(
            name: login, fullName: String(full), home: entry.pw_dir.map { String(cString: $0) } ?? "/")
    }
}
