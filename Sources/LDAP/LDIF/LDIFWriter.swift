/// Writes records as LDIF (RFC 2849): lines of at most 76 columns, base64 for whatever is no SAFE-STRING.
public struct LDIFWriter {
    /// What has been written.
    public private(set) var bytes: [UInt8] = []
    private static let width = 76

    /// With the line `version: 1` at the top.
    public init(writesVersion: Bool = true) {
        if writesVersion { bytes.append(contentsOf: "version: 1\n".utf8) }
    }

    public mutating func write(_ entry: LDAPEntry) {
        beginRecord(entry.name)
        for attribute in entry.attributes { write(attribute) }
    }

    public mutating func write(_ record: LDIFRecord) {
        switch record {
        case .entry(let entry):
            beginRecord(entry.name)
            write(entry.values)
        case .change(let change):
            write(change)
        }
    }

    private mutating func write(_ change: LDIFChange) {
        beginRecord(change.name)
        for control in change.controls { write(control) }
        switch change.operation {
        case .add(let entry):
            write("changetype", text: "add")
            write(entry.values)
        case .delete:
            write("changetype", text: "delete")
        case .modify(let modifications):
            write("changetype", text: "modify")
            for modification in modifications {
                write("\(modification.operation)", text: modification.attribute.description.spelling)
                write(modification.attribute)
                bytes.append(contentsOf: "-\n".utf8)
            }
        case .rename(let rename):
            write("changetype", text: "modrdn")
            write("newrdn", text: rename.newRDN)
            write("deleteoldrdn", text: rename.deletesOldRDN ? "1" : "0")
            if let newSuperior = rename.newSuperior { write("newsuperior", text: newSuperior) }
        }
    }

    private mutating func beginRecord(_ name: String) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "\n")) }
        write("dn", text: name)
    }

    private mutating func write(_ values: [LDIFEntry.Value]) {
        for value in values { write(value.attribute.spelling, value: value.value) }
    }

    private mutating func write(_ attribute: LDAPAttribute) {
        for value in attribute.values { write(attribute.description.spelling, value: value) }
    }

    private mutating func write(_ control: LDAPControl) {
        var head = "control: \(control.type)"
        if control.isCritical { head += " true" }
        guard let value = control.value else { return fold(Array(head.utf8)) }
        write(head, value: value)
    }

    private mutating func write(_ name: String, text: String) {
        write(name, value: Array(text.utf8))
    }

    private mutating func write(_ name: String, value: [UInt8]) {
        var line = Array(name.utf8)
        if value.isEmpty {
            line.append(UInt8(ascii: ":"))
        } else if Self.isSafe(value) {
            line.append(contentsOf: ": ".utf8)
            line.append(contentsOf: value)
        } else {
            line.append(contentsOf: ":: ".utf8)
            line.append(contentsOf: Base64.encode(value))
        }
        fold(line)
    }

    /// SAFE-STRING = [SAFE-INIT-CHAR *SAFE-CHAR], and not ending in a space (note 8). Other control bytes than those
    /// that the RFC excludes are encoded as well, so that the text can be shown on a terminal.
    private static func isSafe(_ value: [UInt8]) -> Bool {
        guard let first = value.first, first != UInt8(ascii: " "), first != UInt8(ascii: ":"),
            first != UInt8(ascii: "<"), value.last != UInt8(ascii: " ")
        else { return value.isEmpty }
        return value.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    }

    private mutating func fold(_ line: [UInt8]) {
        bytes.append(contentsOf: line.prefix(Self.width))
        var rest = line.dropFirst(Self.width)
        while !rest.isEmpty {
            bytes.append(contentsOf: "\n ".utf8)
            bytes.append(contentsOf: rest.prefix(Self.width - 1))
            rest = rest.dropFirst(Self.width - 1)
        }
        bytes.append(UInt8(ascii: "\n"))
    }
}
