package import Directory

/// Tables that Postfix reads from a compiled file, and Postroom from the text that `postmap` or `postalias` made it of.
package enum CompiledTableFile {
    /// The types whose source text is read, each with the ends of its compiled files' names.
    package static let suffixes: [String: [String]] = [
        "hash": [".db"], "btree": [".db"], "lmdb": [".lmdb"], "cdb": [".cdb"], "dbm": [".dir", ".pag"],
        "sdbm": [".dir", ".pag"],
    ]

    /// Which file the table is read from.
    package enum Readable: Hashable, Sendable {
        /// The text; with a warning when Postfix would answer from a compiled file older than that.
        case source(warning: TableFault?)
        /// The compiled file (`CDBTable`), its text being gone.
        case compiled(warning: TableFault)
    }

    /// Judges what is on disk, given the times of last change in seconds; nil for a file that isn't there.
    ///
    /// - Throws: that there is nothing to read.
    package static func check(
        type: String, file: String, source: Int64?, compiled: Int64?, location: SourceLocation? = nil
    ) throws(TableFault) -> Readable {
        let suffix = suffixes[type]?.first ?? ""
        switch (source, compiled) {
        case (nil, nil): throw TableFault("\(type):\(file): there is no file \(file)", at: location)
        case (nil, _) where type == "cdb":
            return .compiled(
                warning: TableFault("\(file)\(suffix) is read, for its text \(file) is not there", at: location))
        case (nil, _):
            throw TableFault(
                """
                \(type):\(file): only the compiled \(file)\(suffix) is there, and its text is what is read here: write it \
                with "postmap -s \(type):\(file) > \(file)"
                """, at: location)
        case (let source?, let compiled?) where compiled < source:
            return .source(
                warning: TableFault(
                    "\(file)\(suffix) is older than \(file): Postfix still answers from it, Postroom from the text",
                    at: location))
        default: return .source(warning: nil)
        }
    }
}
