/// Spool files in memory: what tests and fuzzers look at.
extension SpoolFile {
    /// - Throws: as reading from disk.
    package init(_ id: QueueID, _ bytes: [UInt8]) throws(SpoolFailure) {
        try self.init(id, size: UInt64(bytes.count)) { offset, count throws(SpoolFailure) in
            Array(bytes.dropFirst(Int(clamping: offset)).prefix(count))
        }
    }

    /// The file as `add` writes it.
    package static func bytes(of message: QueuedMessage, content: [UInt8]) -> [UInt8] {
        let head = head(contentLength: UInt64(content.count), contentChecksum: SpoolChecksum.of(content))
        return head + content + record(of: message, head: head)
    }

    /// The file with changes behind it.
    package static func bytes(
        of message: QueuedMessage, content: [UInt8], changes: [[QueueChange]]
    ) -> [UInt8] {
        changes.reduce(bytes(of: message, content: content)) { bytes, changes in
            bytes + record(of: changes, chain: number(bytes.suffix(4)))
        }
    }

    /// `bytes` with every checksum of the records put right, as far as records can be told: what an attacker could write,
    /// and random changes hardly ever come to.
    package static func withFittingChecksums(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= headLength else { return bytes }
        var fitting = bytes
        func put(_ checksum: UInt32, at place: Int) {
            withUnsafeBytes(of: checksum.bigEndian) { octets in
                for (offset, octet) in octets.enumerated() { fitting[place + offset] = octet }
            }
        }
        var chain = SpoolChecksum.of(bytes.prefix(headLength - 4))
        put(chain, at: headLength - 4)
        let contentLength = bytes[16..<24].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard contentLength <= UInt64(bytes.count - headLength) else { return fitting }
        var place = headLength + Int(contentLength)
        while bytes.count - place >= 8 {
            let length = Int(number(bytes[place..<(place + 4)]))
            guard length <= bytes.count - place - 8 else { break }
            chain = checksum(of: bytes[place..<(place + 4 + length)], chain: chain)
            put(chain, at: place + 4 + length)
            place += length + 8
        }
        return fitting
    }
}
