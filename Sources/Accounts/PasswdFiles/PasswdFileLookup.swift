package import Directory
package import Passwords

/// A passwd-file, by which name a user is sought in it, and how its passwords are compared.
package struct PasswdFileLookup: Sendable {
    /// Gives the file as it is now; who reads it, and how often, is for the caller to say. `absent` is a file that is
    /// not there: then nobody is known.
    package typealias Read = @Sendable (_ path: [UInt8]) async -> Outcome<PasswdFile>

    /// May hold variables: `/etc/dovecot/%d/passwd`. In their values `/` becomes `_`.
    package var path: Template
    /// Dovecot's `username_format`.
    package var usernameFormat: Template
    /// With the default scheme of values without one.
    package var checker: PasswordChecker
    private let read: Read

    package init(
        path: Template, usernameFormat: Template = Self.wholeUser, checker: PasswordChecker, read: @escaping Read
    ) {
        self.path = path
        self.usernameFormat = usernameFormat
        self.checker = checker
        self.read = read
    }

    /// `%u`.
    package static let wholeUser = Template(text: "%u", segments: [.variable(.login(.user), [], .whole)])

    struct Found: Sendable {
        var entry: PasswdFile.Entry
        var file: [UInt8]
    }

    func find(_ variables: LoginVariables) async -> Outcome<Found> {
        let path = path.render(variables.inPath)
        // "." and ".." lead elsewhere.
        guard !path.split(separator: UInt8(ascii: "/")).contains(where: { $0.elementsEqual("..".utf8) }) else {
            return .absent
        }
        switch await read(path) {
        case .absent where self.path.isConstant:
            return .unavailable(
                UnavailableReason(
                    .misconfigured, "passwd-file \(String(decoding: path, as: UTF8.self)): there is no such file"))
        case .absent: return .absent
        case .unavailable(let reason): return .unavailable(reason)
        case .found(let file):
            guard let entry = file[usernameFormat.render(variables.inPasswdFile)] else { return .absent }
            return .found(Found(entry: entry, file: path))
        }
    }

    /// What the first lines of the one file say of their users' accounts; empty where the path has variables or the file
    /// can't be read. For looking at a site, never for an answer.
    package func allUserFields(limit: Int, _ variables: LoginVariables) async -> [Fields] {
        guard path.isConstant, case .found(let file) = await read(path.render(variables)) else { return [] }
        return file.users.prefix(max(0, limit)).compactMap { user in
            var variables = variables
            return file[user]?.userFields(&variables)
        }
    }

    /// All users of the file: only where one file holds them all.
    func users() async -> Outcome<[[UInt8]]> {
        guard path.isConstant else {
            return .unavailable(
                UnavailableReason(.misconfigured, "passwd-file \(path): users can't be listed, the path has variables"))
        }
        return await read(path.render(LoginVariables(user: [], service: ""))).map(\.users)
    }
}

extension PasswdFile.Entry {
    /// What a password database makes of it. `user` and its halves change `variables`.
    func passwordFields(_ variables: inout LoginVariables) -> Fields {
        var fields = Fields()
        let before = variables
        for (name, value) in extraFields {
            fields.set(name, to: [value.render(before)], renaming: &variables)
        }
        return fields
    }

    /// What a user database makes of it: the columns, then the extra fields that are called `userdb_`.
    func userFields(_ variables: inout LoginVariables) -> Fields {
        var fields = Fields()
        for (name, value) in [("uid", uid), ("gid", gid), ("home", home)] {
            if let value { fields.set(name, to: value) }
        }
        let before = variables
        for (name, value) in extraFields where name.hasPrefix("userdb_") {
            fields.set(String(name.dropFirst("userdb_".count)), to: [value.render(before)], renaming: &variables)
        }
        return fields
    }
}
