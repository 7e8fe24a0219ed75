/// The file and line of the setting behind a decision, so that an answer can name what to change.
package struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
    package var file: String
    /// 1 is the first line; nil when the whole file, an option or an environment variable is meant.
    package var line: Int?

    package init(file: String, line: Int? = nil) {
        self.file = file
        self.line = line
    }

    package var description: String { line.map { "\(file):\($0)" } ?? file }
}
