package import MailModel

/// GETMETADATA (RFC 5464 §4.2).
package struct MetadataRequest: Hashable, Sendable {
    /// Which entries below those that are named are wanted, too.
    package enum Depth: Int, Hashable, Sendable {
        case zero = 0
        case one = 1
        case infinity
    }

    /// Empty for the server.
    package var mailbox: [UInt8] = []
    package var entries: [MetadataEntryName] = []
    package var maximumSize: UInt64?
    package var depth = Depth.zero
}

extension GrammarReader {
    private static var maximumEntries: Int { 64 }

    /// getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
    ///
    /// The RFC's examples have the options behind the mailbox: they are taken there, too.
    mutating func metadataRequest() throws(IMAPSyntaxError) -> MetadataRequest {
        var request = MetadataRequest()
        if current == UInt8(ascii: "(") {
            try metadataOptions(&request)
            try space()
        }
        request.mailbox = try astring()
        try space()
        let start = position
        if skip("("), current != UInt8(ascii: "/"), current != UInt8(ascii: "\"") {
            rewind(to: start)
            try metadataOptions(&request)
            try space()
        } else {
            rewind(to: start)
        }
        request.entries = try metadataEntries()
        return request
    }

    /// getmetadata-options = "(" getmetadata-option *(SP getmetadata-option) ")"
    private mutating func metadataOptions(_ request: inout MetadataRequest) throws(IMAPSyntaxError) {
        try expect("(")
        repeat {
            switch try word() {
            case "MAXSIZE":
                try space()
                request.maximumSize = try number()
            case "DEPTH":
                try space()
                switch try word() {
                case "0": request.depth = .zero
                case "1": request.depth = .one
                case "INFINITY": request.depth = .infinity
                default: throw IMAPSyntaxError("Invalid DEPTH")
                }
            default: throw IMAPSyntaxError("Unknown option")
            }
        } while skipSpace()
        try expect(")")
    }

    /// entries = entry / "(" entry *(SP entry) ")"
    mutating func metadataEntries() throws(IMAPSyntaxError) -> [MetadataEntryName] {
        guard skip("(") else { return [try metadataEntry()] }
        var entries: [MetadataEntryName] = []
        repeat {
            guard entries.count < Self.maximumEntries else { throw IMAPSyntaxError("Too many entries", kind: .limit) }
            let entry = try metadataEntry()
            if !entries.contains(entry) { entries.append(entry) }
        } while skipSpace()
        try expect(")")
        return entries
    }

    private mutating func metadataEntry() throws(IMAPSyntaxError) -> MetadataEntryName {
        guard let name = MetadataEntryName(try astring()) else { throw IMAPSyntaxError("Invalid entry name") }
        return name
    }

    /// setmetadata = "SETMETADATA" SP mailbox SP "(" entry-value *(SP entry-value) ")" ; value = nstring / literal8
    mutating func metadataChanges() throws(IMAPSyntaxError) -> IMAPCommand {
        let mailbox = try astring()
        try space()
        try expect("(")
        var changes: [MetadataChange] = []
        repeat {
            guard changes.count < Self.maximumEntries else { throw IMAPSyntaxError("Too many entries", kind: .limit) }
            let entry = try metadataEntry()
            try space()
            changes.append(MetadataChange(entry, current == UInt8(ascii: "~") ? try literal8() : try nstring()))
        } while skipSpace()
        try expect(")")
        return .setMetadata(mailbox, changes)
    }
}
