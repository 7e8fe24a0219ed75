package import MailModel

/// Dovecot's `mail_location` and the `mail` field: `maildir:~/Maildir:LAYOUT=fs:INDEX=/var/index/%u`.
package struct MailLocationTemplate: Hashable, Sendable {
    package let format: MailboxLocation.Format
    package let layout: MailboxLocation.Layout
    private let usesUTF8: Bool
    private let path: Template
    private let inbox: Template?
    private let control: Template?
    private let index: Template?

    /// A setting, with variables; `isCurrent` reads them in the notation of Dovecot 2.4.
    package init(setting text: String, isCurrent: Bool = false) throws(AccountFault) {
        try self.init(Array(text.utf8)) { (bytes) throws(AccountFault) in
            do {
                let text = String(decoding: bytes, as: UTF8.self)
                return isCurrent
                    ? try Template(current: text, for: .mailLocation) : try Template(text, for: .mailLocation)
            } catch {
                throw AccountFault("mail location: \(error)")
            }
        }
    }

    /// A directory's value: what looks like a variable in it is a name like any other.
    package init(value: [UInt8]) throws(AccountFault) {
        try self.init(value) { (bytes) throws(AccountFault) in
            Template(text: String(decoding: bytes, as: UTF8.self), segments: [.literal(bytes)])
        }
    }

    // mail-location = [ driver ":" ] path *( ":" key [ "=" value ] )   ; "::" is a colon
    private init(
        _ text: [UInt8], _ template: ([UInt8]) throws(AccountFault) -> Template
    ) throws(AccountFault) {
        var parts = Self.split(text)
        // A path alone is a Maildir: nothing else could be meant by a directory's bare value.
        if text.first == UInt8(ascii: "/") || text.first == UInt8(ascii: "~") {
            parts.insert(Array("maildir".utf8), at: 0)
        }
        let driver = String(decoding: parts[0].prefix(32), as: UTF8.self).lowercased()
        guard let format = MailboxLocation.Format(rawValue: driver) else {
            throw AccountFault("mail location: the format \"\(driver)\" can't be served, maildir and mbox can")
        }
        guard parts.count > 1, !parts[1].isEmpty else { throw AccountFault("mail location: \(driver) without a path") }
        var options: [String: [UInt8]] = [:]
        for part in parts.dropFirst(2) where !part.isEmpty {
            let option = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(decoding: option[0].prefix(32), as: UTF8.self).uppercased()
            guard Self.known.contains(key) else {
                throw AccountFault("mail location: \(key) is not supported; it changes where mail lies on disk")
            }
            options[key] = option.count == 2 ? Array(option[1]) : []
        }
        self.format = format
        self.usesUTF8 = options["UTF-8"] != nil
        self.path = try template(parts[1])
        self.inbox = try options["INBOX"].map(template)
        self.control = try options["CONTROL"].map(template)
        let index = options["INDEX"].flatMap { $0.elementsEqual("MEMORY".utf8) ? nil : $0 }
        self.index = try index.map(template)
        switch options["LAYOUT"].map({ String(decoding: $0, as: UTF8.self).lowercased() }) {
        case nil: layout = format == .mbox ? .fileSystem : .maildirPlusPlus
        case "maildir++": layout = .maildirPlusPlus
        case "fs": layout = .fileSystem
        case .some(let other):
            throw AccountFault("mail location: LAYOUT=\(other) is not supported, maildir++ and fs are")
        }
    }

    /// Of Dovecot's keys, those that are followed, and those that only say where its caches lie.
    private static let known: Set = [
        "INBOX", "CONTROL", "INDEX", "LAYOUT", "INDEXPVT", "INDEXCACHE", "VOLATILEDIR", "NO-NOSELECT", "ITERINDEX",
        "LISTINDEX", "UTF-8",
    ]

    package func resolve(_ variables: LoginVariables) throws(AccountFault) -> MailboxLocation {
        func resolved(_ template: Template?) throws(AccountFault) -> [UInt8]? {
            guard let template else { return nil }
            return try Self.path(template, variables)
        }
        return MailboxLocation(
            format: format, path: try Self.path(path, variables), layout: layout, inbox: try resolved(inbox),
            control: try resolved(control), index: try resolved(index), usesUTF8: usesUTF8)
    }

    private static func path(_ template: Template, _ variables: LoginVariables) throws(AccountFault) -> [UInt8] {
        var path = template.render(variables)
        // "~" means home only where the setting or the value itself begins with it, not where a login brought it in.
        if case .literal(let start)? = template.segments.first, start.first == UInt8(ascii: "~") {
            guard start.count == 1 || start[1] == UInt8(ascii: "/") else {
                throw AccountFault("mail location: homes of others (~name) can't be known")
            }
            guard !variables.home.isEmpty else { throw AccountFault("mail location: ~ without a home directory") }
            path = variables.home + path.dropFirst()
        }
        try check(path)
        return path
    }

    /// Absolute, of components that name something below: the store looks at links and roots, this at the text.
    package static func check(_ path: [UInt8]) throws(AccountFault) {
        let shown = String(decoding: path.prefix(256), as: UTF8.self)
        guard path.first == UInt8(ascii: "/") else { throw AccountFault("path \"\(shown)\" is not absolute") }
        guard path.count <= 4095 else { throw AccountFault("a path of \(path.count) octets is too long") }
        guard !path.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw AccountFault("a path holds control characters")
        }
        guard !path.split(separator: UInt8(ascii: "/")).contains(where: { $0.elementsEqual("..".utf8) }) else {
            throw AccountFault("path \"\(shown)\" holds \"..\"")
        }
    }

    private static func split(_ text: [UInt8]) -> [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        var index = 0
        while index < text.count {
            let isColon = text[index] == UInt8(ascii: ":")
            if isColon, index + 1 < text.count, text[index + 1] == UInt8(ascii: ":") {
                parts[parts.count - 1].append(UInt8(ascii: ":"))
                index += 2
                continue
            }
            if isColon { parts.append([]) } else { parts[parts.count - 1].append(text[index]) }
            index += 1
        }
        return parts
    }
}
