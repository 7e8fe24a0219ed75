/// Logical lines of an LDIF text: folded lines joined, comments left out.
///
///     SEP = (CR LF / LF)
///     fold = SEP SPACE                  ; RFC 2849, note 2
///     comment-line = "#" *CHAR SEP      ; may be folded too
struct LDIFLineScanner {
    enum Line {
        /// At least one empty line, or the end.
        case separator
        case text([UInt8], number: Int)
    }

    private let bytes: [UInt8]
    private var index: Int
    private var number = 0
    private let file: String
    private let maximumLength: Int

    init(_ bytes: [UInt8], file: String, maximumLength: Int) {
        self.bytes = bytes
        self.file = file
        self.maximumLength = maximumLength
        index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    var isAtEnd: Bool { index >= bytes.count }
    /// The line that was read last.
    var lineNumber: Int { number }

    /// One line as it stands in the file, without its end.
    private mutating func physicalLine() -> ArraySlice<UInt8> {
        let end = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        var line = bytes[index..<end]
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        index = min(end + 1, bytes.count)
        number += 1
        return line
    }

    /// nil at the end.
    mutating func next() throws(LDIFError) -> Line? {
        while index < bytes.count {
            let physical = physicalLine()
            guard let first = physical.first else { return .separator }
            guard first != UInt8(ascii: " ") else {
                // What looks like a folded line but holds blanks only separates records for OpenLDAP as well.
                if physical.allSatisfy({ $0 == UInt8(ascii: " ") }) { return .separator }
                throw LDIFError(.foldedLineWithoutBeginning, file: file, line: number)
            }
            let start = number
            let isComment = first == UInt8(ascii: "#")
            var line = isComment ? [] : Array(physical)
            while index < bytes.count, bytes[index] == UInt8(ascii: " ") {
                let continuation = physicalLine().dropFirst()
                if !isComment { line.append(contentsOf: continuation) }
                try check(line, start)
            }
            try check(line, start)
            if !isComment { return .text(line, number: start) }
        }
        return nil
    }

    private func check(_ line: [UInt8], _ start: Int) throws(LDIFError) {
        guard line.count <= maximumLength else {
            throw LDIFError(.lineTooLong(maximum: maximumLength), file: file, line: start)
        }
    }
}
