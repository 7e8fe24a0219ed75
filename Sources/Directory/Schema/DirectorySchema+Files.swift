import LDAP

extension DirectorySchema {
    /// This schema and what a schema file of OpenLDAP defines: a `.schema` file (`attributetype`, `objectclass`,
    /// `objectidentifier`), a cn=config entry (`olcAttributeTypes`, `olcObjectClasses`, `olcObjectIdentifier`), or a
    /// server's subschema entry in LDIF (`attributeTypes`, `objectClasses`).
    ///
    /// - Parameter path: what faults name.
    package func adding(schemaFile contents: [UInt8], path: String) throws(SchemaFault) -> DirectorySchema {
        let lines = contents.split(separator: UInt8(ascii: "\n"))
        let isLDIF = lines.contains { line in
            line.prefix(3).map { $0 | 0x20 } == Array("dn:".utf8) || line.starts(with: "version:".utf8)
        }
        let definitions = isLDIF ? try Self.ldifDefinitions(contents, path) : Self.schemaDefinitions(contents, path)
        var types: [AttributeTypeDefinition] = []
        var classes: [ObjectClassDefinition] = []
        var macros: [String: String] = [:]
        for definition in definitions {
            do throws(SchemaFault) {
                var parser = SchemaDescriptionParser(definition.text, macros: macros)
                switch definition.keyword {
                case .attributeType: types.append(try parser.attributeType())
                case .objectClass: classes.append(try parser.objectClass())
                case .objectIdentifier:
                    let words = definition.text.split(whereSeparator: \.isWhitespace).map(String.init)
                    guard words.count == 2 else { throw SchemaFault("an object identifier is a name and an OID") }
                    macros[words[0].lowercased()] = parser.oid(words[1])
                }
            } catch {
                throw SchemaFault(error.text, at: definition.location)
            }
        }
        return adding(attributeTypes: types, objectClasses: classes)
    }

    private enum Keyword {
        case attributeType
        case objectClass
        case objectIdentifier

        init?(_ word: String) {
            switch word.lowercased() {
            case "attributetype", "attributetypes", "olcattributetypes": self = .attributeType
            case "objectclass", "objectclasses", "olcobjectclasses": self = .objectClass
            case "objectidentifier", "olcobjectidentifier": self = .objectIdentifier
            default: return nil
            }
        }
    }

    private struct Definition {
        var keyword: Keyword
        var text: String
        var location: SourceLocation
    }

    private static func ldifDefinitions(_ contents: [UInt8], _ path: String) throws(SchemaFault) -> [Definition] {
        let records: [LDIFRecord]
        do throws(LDIFError) {
            records = try LDIFReader.records(of: contents, file: path)
        } catch {
            throw SchemaFault(error.reasonText, at: SourceLocation(file: path, line: error.line))
        }
        return records.flatMap { record -> [Definition] in
            guard case .entry(let entry) = record else { return [] }
            return entry.values.compactMap { value in
                // The entry's own objectClass is no definition.
                guard value.attribute.folded != "objectclass", let keyword = Keyword(value.attribute.folded) else {
                    return nil
                }
                return Definition(
                    keyword: keyword, text: withoutOrder(String(decoding: value.value, as: UTF8.self)),
                    location: SourceLocation(file: path, line: value.line))
            }
        }
    }

    /// `{12}( 1.2.3 …` without the number by which cn=config keeps its values in order.
    private static func withoutOrder(_ text: String) -> String {
        guard text.hasPrefix("{"), let end = text.firstIndex(of: "}") else { return text }
        return String(text[text.index(after: end)...])
    }

    /// A line that begins with white space continues the one before it; `#` begins a comment line.
    private static func schemaDefinitions(_ contents: [UInt8], _ path: String) -> [Definition] {
        var definitions: [Definition] = []
        var isIgnored = true
        let text = String(decoding: contents, as: UTF8.self)
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let first = line.first, first != "#" else { continue }
            if first.isWhitespace {
                if !isIgnored, !definitions.isEmpty { definitions[definitions.count - 1].text += "\n\(line)" }
                continue
            }
            let word = line.prefix { !$0.isWhitespace && $0 != "(" }
            guard let keyword = Keyword(String(word)) else {
                isIgnored = true
                continue
            }
            isIgnored = false
            definitions.append(
                Definition(
                    keyword: keyword, text: String(line.dropFirst(word.count)),
                    location: SourceLocation(file: path, line: number + 1)))
        }
        return definitions
    }
}
