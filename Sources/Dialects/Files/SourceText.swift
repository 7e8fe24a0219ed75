package import Directory
import LookupTables

/// A file's text, each line of which knows where it was written: a file that a start-up script would have composed holds
/// lines of the environment, of the script's own defaults and of other files.
package struct SourceText: Sendable {
    package struct Line: Sendable {
        /// Without its line end.
        package var bytes: [UInt8]
        package var location: SourceLocation

        package init(_ bytes: [UInt8], at location: SourceLocation) {
            self.bytes = bytes
            self.location = location
        }
    }

    /// Where the program that reads it has it.
    package var path: String
    package var lines: [Line]
    /// The file on this machine that holds just these lines; nil for a composed text.
    package var hostPath: String?

    package init(path: String, lines: [Line], hostPath: String? = nil) {
        self.path = path
        self.lines = lines
        self.hostPath = hostPath
    }

    /// A file as it is on this machine. A final line without a line end is a line.
    package init(path: String, contents: [UInt8], hostPath: String) {
        var lines: [Line] = []
        var parts = contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if parts.last?.isEmpty == true { parts.removeLast() }
        for (index, part) in parts.enumerated() {
            lines.append(Line(Array(part), at: SourceLocation(file: hostPath, line: index + 1)))
        }
        self.init(path: path, lines: lines, hostPath: hostPath)
    }

    package var bytes: [UInt8] {
        var result: [UInt8] = []
        for line in lines { result += line.bytes + [UInt8(ascii: "\n")] }
        return result
    }

    /// The place of a line by its number in `bytes`, from 1.
    package func location(line number: Int) -> SourceLocation {
        guard number >= 1, number <= lines.count else { return SourceLocation(file: hostPath ?? path) }
        return lines[number - 1].location
    }

    /// Logical lines in Postfix's style (continuations begin with white space), each at the place of its first line.
    package var logicalLines: [Line] {
        LogicalLines(bytes).map { Line($0.bytes, at: location(line: $0.number)) }
    }
}
