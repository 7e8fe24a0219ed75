/// What is wrong with an attribute mapping, and with which item.
package struct AttributeMappingError: Error, Hashable, Sendable, CustomStringConvertible {
    package let item: String
    package let reason: String

    package var description: String { "bad item \"\(item)\": \(reason)" }
}

extension AttributeMapping {
    /// Parses Dovecot's notation: `mailHomeDirectory=home,=uid=5000,uid=user,quota=quota_rule=*:storage=%$`.
    ///
    ///     mapping = item *( "," item )
    ///     item = name / attribute "=" field [ "=" template ] / "=" field "=" template / "!" attribute
    ///          / "@" name "=" attribute
    package init(_ text: String) throws(AttributeMappingError) {
        var items: [Item] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: true) {
            let item = part.drop { $0 == " " || $0 == "\t" }
            guard !item.isEmpty else { continue }
            items.append(try Self.parse(String(item)))
        }
        self.init(items)
    }

    /// Parses Dovecot's `args` of a static database, `default_fields` and `override_fields`: `uid=vmail home=/var/mail/%d/%n`,
    /// parted by blanks; a name alone is an empty field.
    package init(assignments text: String) throws(AttributeMappingError) {
        var items: [Item] = []
        for part in text.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" }) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard !pair[0].isEmpty else {
                throw AttributeMappingError(item: String(part), reason: "the name of the field is missing")
            }
            do {
                items.append(
                    .set(
                        field: FieldName(stringLiteral: pair[0]),
                        try Template(pair.count == 2 ? pair[1] : "", for: .fields)))
            } catch {
                throw AttributeMappingError(item: String(part), reason: "\(error)")
            }
        }
        self.init(items, followsRenames: false)
    }

    private static func parse(_ text: String) throws(AttributeMappingError) -> Item {
        let parts = text.split(separator: "=", maxSplits: 2, omittingEmptySubsequences: false).map(\.trimmingBlanks)
        let attribute = parts[0]
        if attribute.hasPrefix("@") {
            let name = String(attribute.dropFirst())
            guard parts.count == 2, !name.contains("@") else {
                throw AttributeMappingError(item: text, reason: "a reference has the form @name=attribute")
            }
            return .reference(name: try checked(name, text), attribute: try checked(parts[1], text))
        }
        if attribute.hasPrefix("!") {
            guard parts.count == 1, attribute.count > 1 else {
                throw AttributeMappingError(item: text, reason: "! stands before one attribute and nothing else")
            }
            return .fetch(attribute: try checked(String(attribute.dropFirst()), text))
        }
        guard parts.count > 1 else {
            return .copy(attribute: try checked(attribute, text), field: FieldName(stringLiteral: attribute))
        }
        guard !parts[1].isEmpty else {
            throw AttributeMappingError(item: text, reason: "the name of the field is missing")
        }
        let field: FieldName
        do {
            field = try FieldName(parts[1])
        } catch {
            throw AttributeMappingError(item: text, reason: "\(error)")
        }
        guard parts.count == 3 else {
            guard !attribute.isEmpty else {
                throw AttributeMappingError(item: text, reason: "neither an attribute nor a value")
            }
            return .copy(attribute: try checked(attribute, text), field: field)
        }
        do {
            // Without any variable the text is a prefix.
            let isPrefix = !attribute.isEmpty && !parts[2].contains("%")
            let template = try Template(isPrefix ? parts[2] + "%$" : parts[2], for: .entry)
            guard !attribute.isEmpty else {
                guard !template.usesMappedValue else {
                    throw AttributeMappingError(item: text, reason: "%$ stands for an attribute, and none is named")
                }
                return .set(field: field, template)
            }
            return .map(attribute: try checked(attribute, text), field: field, template)
        } catch let error as AttributeMappingError {
            throw error
        } catch {
            throw AttributeMappingError(item: text, reason: "\(error)")
        }
    }

    /// keystring or numericoid with options, RFC 4512 §2.5, and the name of a reference behind `@`.
    private static func checked(_ attribute: String, _ item: String) throws(AttributeMappingError) -> String {
        let isWellFormed =
            !attribute.isEmpty && attribute.split(separator: "@", omittingEmptySubsequences: false).count <= 2
            && attribute.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "-.;_@".utf8.contains(byte)
                }
            }
        guard isWellFormed else {
            throw AttributeMappingError(item: item, reason: "\"\(attribute)\" is no name of an attribute")
        }
        return attribute
    }
}

extension Substring {
    fileprivate var trimmingBlanks: String {
        var text = drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}
