/// The logical lines of a file in Postfix's style: a line that starts with white space continues the one before it;
/// empty lines and lines whose first visible character is `#` are skipped, even between the parts of one logical line.
package struct LogicalLines: Sequence, Sendable {
    package struct Line: Hashable, Sendable {
        /// The number of its first physical line; 1 is the first of the file.
        package var number: Int
        package var bytes: [UInt8]
    }

    private let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package func makeIterator() -> Iterator {
        Iterator(rest: bytes[...])
    }

    package struct Iterator: IteratorProtocol {
        fileprivate var rest: ArraySlice<UInt8>
        private var number = 0
        private var pending: Line?

        fileprivate init(rest: ArraySlice<UInt8>) {
            self.rest = rest
        }

        package mutating func next() -> Line? {
            while !rest.isEmpty {
                let line = nextPhysicalLine()
                guard let first = line.first(where: { !ASCIIText.isSpace($0) }), first != UInt8(ascii: "#") else {
                    continue
                }
                if let start = line.first, ASCIIText.isSpace(start), pending != nil {
                    pending?.bytes += line
                    continue
                }
                defer { pending = Line(number: number, bytes: Array(line)) }
                if let complete = pending { return complete }
            }
            defer { pending = nil }
            return pending
        }

        private mutating func nextPhysicalLine() -> ArraySlice<UInt8> {
            number += 1
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            var line = rest[..<end]
            rest = end < rest.endIndex ? rest[(end + 1)...] : rest[end...]
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            return line
        }
    }
}
