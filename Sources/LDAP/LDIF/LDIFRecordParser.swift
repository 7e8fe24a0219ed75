/// The lines of one record → the record.
struct LDIFRecordParser {
    private var fields: ArraySlice<LDIFReader.Field>
    private let reader: LDIFReader
    private let lastLine: Int

    init(fields: [LDIFReader.Field], reader: LDIFReader) {
        self.fields = fields[...]
        self.reader = reader
        lastLine = fields.last?.line ?? 0
    }

    /// attrval-record = dn-spec SEP 1*attrval-spec
    /// change-record = dn-spec SEP *control changerecord
    mutating func parse() throws(LDIFError) -> LDIFRecord {
        guard let first = fields.popFirst(), first.hasName("dn") else {
            throw reader.failure(.missingDN, fields.first.map { $0.line - 1 } ?? lastLine)
        }
        let name = try text(first)
        var controls: [LDAPControl] = []
        while let field = fields.first, field.hasName("control") {
            fields.removeFirst()
            controls.append(try control(field))
        }
        guard let field = fields.first, field.hasName("changetype") else {
            guard controls.isEmpty else {
                throw reader.failure(.unexpectedLine(expected: "'changetype:'"), fields.first?.line ?? lastLine)
            }
            return .entry(LDIFEntry(name: name, values: try values(), line: first.line))
        }
        fields.removeFirst()
        let operation = try operation(field, name: name, line: first.line)
        return .change(LDIFChange(name: name, controls: controls, operation: operation, line: first.line))
    }

    private mutating func operation(
        _ field: LDIFReader.Field, name: String, line: Int
    ) throws(LDIFError) -> LDIFChange.Operation {
        let type = String(decoding: field.value[...].trimmingBlanks(), as: UTF8.self)
        switch type.lowercased() {
        case "add":
            return .add(LDIFEntry(name: name, values: try values(), line: line))
        case "delete":
            if let extra = fields.first {
                throw reader.failure(.unexpectedLine(expected: "the end of the record"), extra.line)
            }
            return .delete
        case "modify":
            return .modify(try modifications())
        case "modrdn", "moddn":
            return .rename(try rename())
        default:
            throw reader.failure(.badChangeType(type), field.line)
        }
    }

    private func text(_ field: LDIFReader.Field) throws(LDIFError) -> String {
        guard let text = String(validating: field.value, as: UTF8.self) else {
            throw reader.failure(.nameNotUTF8, field.line)
        }
        return text
    }

    private func attribute(_ name: [UInt8], line: Int) throws(LDIFError) -> AttributeDescription {
        guard AttributeDescription.isWellFormed(name) else {
            throw reader.failure(.badAttribute(String(decoding: name.prefix(100), as: UTF8.self)), line)
        }
        return AttributeDescription(String(decoding: name, as: UTF8.self))
    }

    private mutating func values() throws(LDIFError) -> [LDIFEntry.Value] {
        var values: [LDIFEntry.Value] = []
        values.reserveCapacity(fields.count)
        while let field = fields.popFirst() {
            values.append(
                LDIFEntry.Value(try attribute(field.name, line: field.line), field.value, line: field.line))
        }
        return values
    }

    /// change-modify = "changetype:" FILL "modify" SEP *mod-spec
    /// mod-spec = ("add:" / "delete:" / "replace:") FILL AttributeDescription SEP *attrval-spec "-" SEP
    ///
    /// The `-` behind the last one may be missing, as for `ldapmodify`.
    private mutating func modifications() throws(LDIFError) -> [LDAPModification] {
        var modifications: [LDAPModification] = []
        while let head = fields.popFirst() {
            let operation: LDAPModification.Operation
            if head.hasName("add") {
                operation = .add
            } else if head.hasName("delete") {
                operation = .delete
            } else if head.hasName("replace") {
                operation = .replace
            } else if head.hasName("increment") {
                operation = .increment
            } else {
                throw reader.failure(.unexpectedLine(expected: "'add:', 'delete:' or 'replace:'"), head.line)
            }
            let target = try attribute(Array(head.value[...].trimmingBlanks()), line: head.line)
            var modification = LDAPModification(operation, target)
            while let field = fields.popFirst(), !field.hasName("-") {
                guard try attribute(field.name, line: field.line) == target else {
                    throw reader.failure(
                        .unexpectedLine(expected: "a value of '\(target)' or a line with '-'"), field.line)
                }
                modification.attribute.values.append(field.value)
            }
            modifications.append(modification)
        }
        guard !modifications.isEmpty else { throw reader.failure(.emptyRecord, lastLine) }
        return modifications
    }

    /// change-moddn = "changetype:" FILL ("modrdn" / "moddn") SEP "newrdn:" ( FILL rdn / ":" FILL base64-rdn) SEP
    ///     "deleteoldrdn:" FILL ("0" / "1") SEP 0*1("newsuperior:" ( FILL distinguishedName / … ) SEP)
    private mutating func rename() throws(LDIFError) -> LDAPRename {
        guard let rdn = fields.popFirst(), rdn.hasName("newrdn") else {
            throw reader.failure(.unexpectedLine(expected: "'newrdn:'"), lastLine)
        }
        var rename = LDAPRename(newRDN: try text(rdn), deletesOldRDN: true)
        if let field = fields.first, field.hasName("deleteoldrdn") {
            fields.removeFirst()
            switch field.value.first {
            case UInt8(ascii: "0") where field.value.count == 1: rename.deletesOldRDN = false
            case UInt8(ascii: "1") where field.value.count == 1: rename.deletesOldRDN = true
            default: throw reader.failure(.unexpectedLine(expected: "'deleteoldrdn: 0' or '1'"), field.line)
            }
        }
        if let field = fields.first, field.hasName("newsuperior") {
            fields.removeFirst()
            rename.newSuperior = try text(field)
        }
        if let extra = fields.first {
            throw reader.failure(.unexpectedLine(expected: "the end of the record"), extra.line)
        }
        return rename
    }

    /// control = "control:" FILL ldap-oid 0*1(1*SPACE ("true" / "false")) 0*1(value-spec) SEP
    private func control(_ field: LDIFReader.Field) throws(LDIFError) -> LDAPControl {
        var rest = field.value[...].trimmingBlanks()
        let type = rest.prefix { $0.isASCIIDigit || $0 == UInt8(ascii: ".") }
        guard AttributeDescription.isType(type) else { throw reader.failure(.badControl, field.line) }
        rest = rest.dropFirst(type.count).drop(while: \.isBlank)
        var control = LDAPControl(type: String(decoding: type, as: UTF8.self))
        let word = rest.prefix(while: \.isASCIILetter)
        if !word.isEmpty {
            switch String(decoding: word, as: UTF8.self).lowercased() {
            case "true": control.isCritical = true
            case "false": break
            default: throw reader.failure(.badControl, field.line)
            }
            rest = rest.dropFirst(word.count).drop(while: \.isBlank)
        }
        if let byte = rest.popFirst() {
            guard byte == UInt8(ascii: ":") else { throw reader.failure(.badControl, field.line) }
            control.value = try reader.value(rest, line: field.line)
        }
        return control
    }
}
