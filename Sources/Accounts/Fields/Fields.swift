/// What a database says of a user: fields by Dovecot's names (`user`, `uid`, `home`, `mail`, `quota_rule` …), in the order in
/// which they were set.
package struct Fields: Hashable, Sendable {
    package struct Field: Hashable, Sendable {
        package let name: String
        /// Never empty; the first one counts, but for passwords where a setting says so.
        package let values: [[UInt8]]
    }

    package private(set) var all: [Field] = []

    package init() {}

    package func values(_ name: String) -> [[UInt8]] {
        all.last { $0.name == name }?.values ?? []
    }

    package subscript(name: String) -> [UInt8]? { values(name).first }

    package mutating func set(_ name: String, to values: [[UInt8]]) {
        guard !values.isEmpty else { return }
        if let place = all.firstIndex(where: { $0.name == name }) {
            // Of two passwords the first is kept: a second one must not open another door.
            if Self.isSecret(name) { return }
            all[place] = Field(name: name, values: values)
        } else {
            all.append(Field(name: name, values: values))
        }
    }

    package mutating func set(_ name: String, to value: [UInt8]) {
        set(name, to: [value])
    }

    /// As `set`, but that `user` and its halves `username` and `domain` change the login, and with it the variables of
    /// what is set later.
    package mutating func set(_ name: String, to values: [[UInt8]], renaming variables: inout LoginVariables) {
        guard let value = values.first else { return }
        let at = [UInt8(ascii: "@")]
        switch name {
        case "user": variables.user = value
        // Only the one half changes.
        case "username": variables.user = value + (variables[.domain].isEmpty ? [] : at + variables[.domain])
        case "domain": variables.user = variables[.username] + at + value
        default:
            set(name, to: values)
            return
        }
        set("user", to: variables.user)
    }

    package mutating func remove(_ name: String) {
        all.removeAll { $0.name == name }
    }

    /// The fields whose names begin with `prefix`, without it: `userdb_` fields of a password database.
    package func removingPrefix(_ prefix: String) -> Fields {
        var fields = Fields()
        for field in all where field.name.hasPrefix(prefix) {
            fields.set(String(field.name.dropFirst(prefix.count)), to: field.values)
        }
        return fields
    }

    package mutating func merge(_ other: Fields) {
        for field in other.all { set(field.name, to: field.values) }
    }

    /// Whether a field holds what must never be shown.
    package static func isSecret(_ name: String) -> Bool {
        switch name {
        case "password", "pass", "userdb_password", "userdb_pass", "proxy_password": true
        default: false
        }
    }
}

extension Fields: CustomStringConvertible, CustomReflectable {
    /// As `doveadm user` prints them: `uid=5000 gid=5000 home=/var/mail/bob`.
    package var description: String {
        all.map { field in
            let value = Self.isSecret(field.name) ? "(hidden)" : String(decoding: field.values[0], as: UTF8.self)
            return "\(field.name)=\(value)"
        }.joined(separator: " ")
    }

    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Fields.Field: CustomStringConvertible, CustomReflectable {
    package var description: String { Fields.isSecret(name) ? "\(name)=(hidden)" : "\(name)=…" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
