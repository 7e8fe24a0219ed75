/// A message without its bodies: the parts, and the octets of their headers alone. BODYSTRUCTURE can be told from it, and
/// every header of every part.
package struct MIMEOutline: Hashable, Sendable {
    /// The headers one after the other; the first is the message's `SummaryHeader`.
    package var headers: [UInt8]
    /// Headers as ranges of `headers`. A body's range has its length and no place.
    package var structure: MIMEStructure

    /// Nil when it would take more than `limit` octets.
    package init?(_ bytes: Span<UInt8>, _ structure: MIMEStructure, limit: Int) {
        guard let root = structure.parts.first else { return nil }
        headers = SummaryHeader.make(bytes, header: root.header)
        self.structure = structure
        self.structure.parts[0].header = 0..<headers.count
        for index in structure.parts.indices {
            let part = structure.parts[index]
            if index > 0 {
                let start = headers.count
                guard start + part.header.count <= limit else { return nil }
                headers += ByteScan.copy(part.header, of: bytes)
                self.structure.parts[index].header = start..<headers.count
            }
            self.structure.parts[index].body = 0..<part.body.count
        }
        guard headers.count <= limit else { return nil }
    }

    package init(headers: [UInt8], structure: MIMEStructure) {
        self.headers = headers
        self.structure = structure
    }
}
