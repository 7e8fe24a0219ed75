import MailModel

/// What FETCH asks of a message (RFC 3501 §6.4.5).
package enum FetchItem: Hashable, Sendable {
    case envelope
    case flags
    case internalDate
    case size
    case uid
    /// RFC 7162
    case modSeq
    /// RFC 8514
    case saveDate
    /// RFC 8474
    case emailID
    case threadID
    /// RFC 8970; `lazily` asks for it only if it costs nothing.
    case preview(lazily: Bool)
    /// `BODY` without extension data, `BODYSTRUCTURE` with it.
    case structure(extended: Bool)
    case section(FetchSection)
    /// A part without its transfer encoding, and the size of one (RFC 3516 §4.2, §4.3).
    case binary(FetchSection)
    case binarySize(FetchSection)
}

package struct FetchSection: Hashable, Sendable {
    package enum Text: Hashable, Sendable {
        case header
        case headerFields([[UInt8]])
        case headerFieldsNot([[UInt8]])
        case text
        case mime
    }

    package struct Partial: Hashable, Sendable {
        package var offset: UInt64
        package var length: UInt64

        /// The piece of `range`, which may be shorter.
        func piece(of range: Range<Int>) -> Range<Int> {
            let offset = Int(clamping: min(offset, UInt64(range.count)))
            let length = Int(clamping: min(length, UInt64(range.count - offset)))
            return range.lowerBound + offset..<range.lowerBound + offset + length
        }
    }

    /// What the reply calls it: `BODY[1.2]`, `RFC822.TEXT`.
    package var label: [UInt8]
    package var part: [Int]
    package var text: Text?
    package var partial: Partial?
    package var peeks: Bool

    package init(label: [UInt8], part: [Int] = [], text: Text? = nil, partial: Partial? = nil, peeks: Bool) {
        self.label = label
        self.part = part
        self.text = text
        self.partial = partial
        self.peeks = peeks
    }

    /// The fields of the message's own header that it names are all of those that a summary has.
    var needsOnlySummary: Bool {
        guard part.isEmpty, case .headerFields(let names) = text else { return false }
        return names.allSatisfy { SummaryHeader.holds($0) }
    }

    /// The message's own header is enough.
    var needsOnlyHeader: Bool {
        guard part.isEmpty else { return false }
        switch text {
        case .header, .headerFields, .headerFieldsNot: return true
        case .text, .mime, nil: return false
        }
    }
}

extension GrammarReader {
    /// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
    package mutating func fetchItems() throws(IMAPSyntaxError) -> [FetchItem] {
        var items: [FetchItem] = []
        guard skip("(") else {
            let start = position
            switch try word() {
            case "ALL": return [.flags, .internalDate, .size, .envelope]
            case "FAST": return [.flags, .internalDate, .size]
            case "FULL": return [.flags, .internalDate, .size, .envelope, .structure(extended: false)]
            default: rewind(to: start)
            }
            return [try fetchItem()]
        }
        repeat {
            guard items.count < min(limits.elements, 1024) else {
                throw IMAPSyntaxError("Too many fetch items", kind: .limit)
            }
            let item = try fetchItem()
            if !items.contains(item) { items.append(item) }
        } while skipSpace()
        try expect(")")
        return items
    }

    /// fetch-att = "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822" [".HEADER" / ".SIZE" / ".TEXT"] /
    ///             "BODY" ["STRUCTURE"] / "UID" / "BODY" section ["<" number "." nz-number ">"] / "BODY.PEEK" section …
    private mutating func fetchItem() throws(IMAPSyntaxError) -> FetchItem {
        let name = try word()
        switch name {
        case "ENVELOPE": return .envelope
        case "FLAGS": return .flags
        case "INTERNALDATE": return .internalDate
        case "UID": return .uid
        case "MODSEQ": return .modSeq
        case "SAVEDATE": return .saveDate
        case "EMAILID": return .emailID
        case "THREADID": return .threadID
        case "PREVIEW": return .preview(lazily: try previewModifiers())
        case "BODYSTRUCTURE": return .structure(extended: true)
        case "RFC822": return .section(FetchSection(label: Array(name.utf8), peeks: false))
        case "RFC822.SIZE": return .size
        case "RFC822.HEADER": return .section(FetchSection(label: Array(name.utf8), text: .header, peeks: true))
        case "RFC822.TEXT": return .section(FetchSection(label: Array(name.utf8), text: .text, peeks: false))
        case "BODY":
            return current == UInt8(ascii: "[") ? .section(try section(peeks: false)) : .structure(extended: false)
        case "BODY.PEEK": return .section(try section(peeks: true))
        case "BINARY": return .binary(try binarySection(peeks: false))
        case "BINARY.PEEK": return .binary(try binarySection(peeks: true))
        case "BINARY.SIZE":
            let section = try binarySection(peeks: true, name: name)
            guard section.partial == nil else { throw IMAPSyntaxError("BINARY.SIZE is of a whole part") }
            return .binarySize(section)
        default: throw IMAPSyntaxError("Unknown parameter: \(name)")
        }
    }

    /// section-binary = "[" [section-part] "]"
    private mutating func binarySection(
        peeks: Bool, name: String = "BINARY"
    ) throws(IMAPSyntaxError) -> FetchSection {
        let section = try section(peeks: peeks, name: name)
        guard section.text == nil else { throw IMAPSyntaxError("Unknown section") }
        return section
    }

    /// section = "[" [section-spec] "]" ; section-spec = section-msgtext / (section-part ["." section-text])
    private mutating func section(peeks: Bool, name: String = "BODY") throws(IMAPSyntaxError) -> FetchSection {
        try expect("[")
        var section = FetchSection(label: Array((name + "[").utf8), peeks: peeks)
        var wantsText = current != UInt8(ascii: "]")
        while wantsText, let byte = current, byte >= 0x30, byte <= 0x39 {
            let number = try nonZeroNumber()
            guard section.part.count < 100 else { throw IMAPSyntaxError("Too deep a section", kind: .limit) }
            if !section.part.isEmpty { section.label.append(UInt8(ascii: ".")) }
            section.label += Array(String(number).utf8)
            section.part.append(Int(number))
            wantsText = skip(".")
        }
        if wantsText {
            if !section.part.isEmpty { section.label.append(UInt8(ascii: ".")) }
            section.text = try sectionText(hasPart: !section.part.isEmpty, label: &section.label)
        }
        try expect("]")
        section.label.append(UInt8(ascii: "]"))
        if skip("<") {
            let offset = try number()
            try expect(".")
            let length = UInt64(try nonZeroNumber())
            try expect(">")
            section.partial = FetchSection.Partial(offset: offset, length: length)
            section.label += Array("<\(offset)>".utf8)
        }
        return section
    }

    /// section-text = section-msgtext / "MIME" ; section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list /
    /// "TEXT"
    private mutating func sectionText(
        hasPart: Bool, label: inout [UInt8]
    ) throws(IMAPSyntaxError) -> FetchSection.Text {
        let name = try word()
        label += Array(name.utf8)
        switch name {
        case "HEADER": return .header
        case "TEXT": return .text
        case "MIME" where hasPart: return .mime
        case "HEADER.FIELDS": return .headerFields(try headerList(label: &label))
        case "HEADER.FIELDS.NOT": return .headerFieldsNot(try headerList(label: &label))
        default: throw IMAPSyntaxError("Unknown section")
        }
    }

    /// header-list = "(" header-fld-name *(SP header-fld-name) ")"
    private mutating func headerList(label: inout [UInt8]) throws(IMAPSyntaxError) -> [[UInt8]] {
        try space()
        try expect("(")
        label += Array(" (".utf8)
        var names: [[UInt8]] = []
        repeat {
            guard names.count < 1024 else { throw IMAPSyntaxError("Too many header fields", kind: .limit) }
            let name = try astring()
            guard !name.contains(0x0D), !name.contains(0x0A) else { throw IMAPSyntaxError("Invalid header field") }
            if !names.isEmpty { label.append(0x20) }
            ResponseText.appendAstring(name.map(ASCII.uppercased), to: &label)
            names.append(name)
        } while skipSpace()
        try expect(")")
        label.append(UInt8(ascii: ")"))
        return names
    }
}
