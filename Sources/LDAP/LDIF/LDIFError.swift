/// Why a text is no LDIF, and where.
public struct LDIFError: Error, Hashable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        case unsupportedVersion(String)
        case missingDN
        case missingColon
        case emptyRecord
        case badAttribute(String)
        case badBase64
        case badControl
        case badChangeType(String)
        case unexpectedLine(expected: String)
        case foldedLineWithoutBeginning
        case lineTooLong(maximum: Int)
        case recordTooLong(maximum: Int)
        case urlNotAllowed
        case unreadableFile(String)
        case nameNotUTF8
    }

    public var reason: Reason
    /// As given to the reader.
    public var file: String
    /// 1 is the first.
    public var line: Int

    public init(_ reason: Reason, file: String, line: Int) {
        self.reason = reason
        self.file = file
        self.line = line
    }

    public var description: String { "\(file):\(line): \(reason.text)" }
}

extension LDIFError.Reason {
    fileprivate var text: String {
        switch self {
        case .unsupportedVersion(let version): "LDIF version '\(version)' is not known, only 1 is"
        case .missingDN: "a record must begin with 'dn:'"
        case .missingColon: "a ':' is expected behind the attribute name"
        case .emptyRecord: "the record ends where a change was expected"
        case .badAttribute(let name): "'\(name)' is no attribute name"
        case .badBase64: "the value behind '::' is not base64"
        case .badControl: "a control is written 'control: OID [true|false][: value]'"
        case .badChangeType(let type): "changetype '\(type)' is none of add, delete, modify, modrdn, moddn"
        case .unexpectedLine(let expected): "\(expected) is expected here"
        case .foldedLineWithoutBeginning: "a line begins with a blank, but there is no line that it continues"
        case .lineTooLong(let maximum): "a line is longer than \(maximum) bytes"
        case .recordTooLong(let maximum): "a record has more than \(maximum) lines"
        case .urlNotAllowed: "values from files (':<') are not allowed here; write the value as base64 behind '::'"
        case .unreadableFile(let why): "the file behind ':<' can't be read: \(why)"
        case .nameNotUTF8: "the name is not UTF-8"
        }
    }
}
