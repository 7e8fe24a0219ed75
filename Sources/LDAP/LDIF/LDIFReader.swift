/// Reads the records of an LDIF text (RFC 2849) one by one.
///
///     var reader = LDIFReader(bytes, file: "people.ldif")
///     while let record = try reader.next() { … }
public struct LDIFReader {
    public struct Options: Hashable, Sendable {
        /// Whether `attribute:< file:///path` is followed. Other URLs never are.
        public var readsFiles: Bool
        /// Bytes of an unfolded line, and of a file behind `:<`.
        public var maximumLineLength: Int
        /// Lines of a record.
        public var maximumRecordLines: Int

        public init(
            readsFiles: Bool = false, maximumLineLength: Int = 16 * 1024 * 1024, maximumRecordLines: Int = 1_000_000
        ) {
            self.readsFiles = readsFiles
            self.maximumLineLength = maximumLineLength
            self.maximumRecordLines = maximumRecordLines
        }
    }

    /// A line taken apart at its colon.
    struct Field {
        var name: [UInt8]
        var value: [UInt8]
        var line: Int
    }

    let file: String
    private let options: Options
    private var lines: LDIFLineScanner
    private var isFirst = true

    /// `file` is what errors name.
    public init(_ bytes: some Sequence<UInt8>, file: String = "LDIF", options: Options = Options()) {
        self.file = file
        self.options = options
        lines = LDIFLineScanner(Array(bytes), file: file, maximumLength: options.maximumLineLength)
    }

    /// All records at once.
    public static func records(
        of bytes: some Sequence<UInt8>, file: String = "LDIF", options: Options = Options()
    ) throws(LDIFError) -> [LDIFRecord] {
        var reader = LDIFReader(bytes, file: file, options: options)
        var records: [LDIFRecord] = []
        while let record = try reader.next() { records.append(record) }
        return records
    }

    /// The next record, nil behind the last one. After an error, the next call goes on behind the faulty record.
    ///
    ///     ldif-file = version-spec 1*SEP record *(1*SEP record)
    ///     version-spec = "version:" FILL version-number
    public mutating func next() throws(LDIFError) -> LDIFRecord? {
        while var record = try nextLines() {
            if isFirst {
                isFirst = false
                let field = try field(record[0])
                if field.hasName("version") {
                    guard field.value == [UInt8(ascii: "1")] else {
                        throw failure(.unsupportedVersion(String(decoding: field.value, as: UTF8.self)), field.line)
                    }
                    record.removeFirst()
                    if record.isEmpty { continue }
                }
            }
            var fields: [Field] = []
            fields.reserveCapacity(record.count)
            for line in record { fields.append(try self.field(line)) }
            var parser = LDIFRecordParser(fields: fields, reader: self)
            return try parser.parse()
        }
        return nil
    }

    func failure(_ reason: LDIFError.Reason, _ line: Int) -> LDIFError {
        LDIFError(reason, file: file, line: line)
    }

    /// The lines up to the next empty one; nil at the end, never empty.
    private mutating func nextLines() throws(LDIFError) -> [(text: [UInt8], number: Int)]? {
        var record: [(text: [UInt8], number: Int)] = []
        var fault: LDIFError?
        while !lines.isAtEnd {
            do throws(LDIFError) {
                guard let line = try lines.next() else { break }
                switch line {
                case .separator:
                    if let fault { throw fault }
                    if !record.isEmpty { return record }
                case .text(let text, let number):
                    guard record.count < options.maximumRecordLines else {
                        fault = fault ?? failure(.recordTooLong(maximum: options.maximumRecordLines), number)
                        continue
                    }
                    record.append((text, number))
                }
            } catch {
                fault = fault ?? error
            }
        }
        if let fault { throw fault }
        return record.isEmpty ? nil : record
    }

    /// attrval-spec = AttributeDescription value-spec SEP
    /// value-spec = ":" ( FILL 0*1(SAFE-STRING) / ":" FILL (BASE64-STRING) / "<" FILL url)
    ///
    /// Text that is not SAFE (UTF-8 as it is) is taken, as OpenLDAP does. The `-` that ends a modification has no colon.
    private func field(_ line: (text: [UInt8], number: Int)) throws(LDIFError) -> Field {
        if line.text.first == UInt8(ascii: "-"), line.text.dropFirst().allSatisfy(\.isBlank) {
            return Field(name: [UInt8(ascii: "-")], value: [], line: line.number)
        }
        guard let colon = line.text.firstIndex(of: UInt8(ascii: ":")) else {
            throw failure(.missingColon, line.number)
        }
        return Field(
            name: Array(line.text[..<colon]), value: try value(line.text[(colon + 1)...], line: line.number),
            line: line.number)
    }

    /// What follows the first colon of a line.
    func value(_ specification: ArraySlice<UInt8>, line: Int) throws(LDIFError) -> [UInt8] {
        switch specification.first {
        case UInt8(ascii: ":"):
            let text = specification.dropFirst().trimmingBlanks()
            guard let value = Base64.decode(text) else { throw failure(.badBase64, line) }
            return value
        case UInt8(ascii: "<"):
            guard options.readsFiles else { throw failure(.urlNotAllowed, line) }
            do {
                return try LDIFFileValue.read(
                    url: specification.dropFirst().trimmingBlanks(), maximumLength: options.maximumLineLength)
            } catch {
                throw failure(.unreadableFile(error.reason), line)
            }
        default:
            return Array(specification.drop(while: \.isBlank))
        }
    }
}

extension LDIFReader.Field {
    func hasName(_ expected: String) -> Bool {
        name.count == expected.utf8.count && zip(name, expected.utf8).allSatisfy { $0 | 0x20 == $1 }
    }
}

extension ArraySlice<UInt8> {
    func trimmingBlanks() -> ArraySlice<UInt8> {
        var slice = drop(while: \.isBlank)
        while let last = slice.last, last.isBlank { slice = slice.dropLast() }
        return slice
    }
}
