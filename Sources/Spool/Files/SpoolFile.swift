/// What one spool file holds.
///
///     head       magic (8) · version (4) · checksum of the content (4) · length of the content (8) · checksum (4)
///     content    the octets of header and body, as they were given
///     record     length (4) · the message: id, envelope, recipients · checksum (4)
///     record …   length (4) · changes, in the order in which they came · checksum (4)
///
/// A record's checksum covers the checksum before it (the head's, for the first), so that a record counts only behind all
/// those that were there when it was written. A file gets its name when head, content and first record are on disk;
/// changes are added behind. What of them does not check (a write that was cut off) is as if it never was: the state
/// before it holds, and at worst a copy is sent twice.
package struct SpoolFile: Hashable, Sendable {
    /// 2 adds what recipients became and which mailbox a copy is for; files of version 1 hold nothing that 2 reads otherwise.
    package static let version: UInt32 = 2
    static let magic = Array("PRspool\n".utf8)
    package static let headLength = 28
    /// Of all records of one file together, in octets; more than the largest envelope with its changes can come to.
    static let maximumRecords: UInt64 = 256 << 20

    package var message: QueuedMessage
    /// The version that the file has.
    package var format: UInt32
    package var contentChecksum: UInt32
    /// Where the last record that counts ends.
    package var end: UInt64
    /// The checksum that the next record continues.
    package var chain: UInt32
    /// Octets of the first record, and of the changes that count.
    package var envelopeLength: UInt64
    package var changes: UInt64
    /// Octets of the file; more than `end` where a write was cut off.
    package var size: UInt64

    static var contentOffset: UInt64 { UInt64(headLength) }

    // MARK: Writing

    static func head(contentLength: UInt64, contentChecksum: UInt32) -> [UInt8] {
        var encoder = SpoolEncoder()
        encoder.append(raw: magic)
        encoder.append(version)
        encoder.append(contentChecksum)
        encoder.append(contentLength)
        encoder.append(SpoolChecksum.of(encoder.bytes))
        return encoder.bytes
    }

    /// The first record, behind the content.
    static func record(of message: QueuedMessage, head: [UInt8]) -> [UInt8] {
        var payload = SpoolEncoder()
        payload.append(message)
        return record(payload.bytes, chain: number(head.suffix(4)))
    }

    static func record(of changes: [QueueChange], chain: UInt32) -> [UInt8] {
        var payload = SpoolEncoder()
        payload.append(list: changes) { $0.append($1) }
        return record(payload.bytes, chain: chain)
    }

    private static func record(_ payload: [UInt8], chain: UInt32) -> [UInt8] {
        var encoder = SpoolEncoder()
        encoder.append(octets: payload)
        encoder.append(checksum(of: encoder.bytes[...], chain: chain))
        return encoder.bytes
    }

    static func checksum(of record: ArraySlice<UInt8>, chain: UInt32) -> UInt32 {
        var checksum = SpoolChecksum()
        withUnsafeBytes(of: chain.bigEndian) { checksum.update($0) }
        checksum.update(record)
        return checksum.value
    }

    static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    // MARK: Reading

    /// What is read at first: the whole of a small file, the head of a large one.
    static func firstRead(size: UInt64) -> Int {
        size <= 32 << 10 ? Int(size) : headLength
    }

    /// Reads a file of `size` octets without its content; `read` gives octets from a place on, fewer at the file's end.
    ///
    /// - Throws: `.damaged` for what this program did not write, `.unavailable` for a later version's file.
    package init(
        _ id: QueueID, size: UInt64,
        read: (_ offset: UInt64, _ count: Int) throws(SpoolFailure) -> [UInt8]
    ) throws(SpoolFailure) {
        let first = try read(0, Self.firstRead(size: size))
        let (format, contentLength, contentChecksum, headChecksum) = try Self.readHead(first, id)
        let (recordsStart, overflows) = Self.contentOffset.addingReportingOverflow(contentLength)
        guard !overflows, recordsStart <= size else {
            throw Self.damaged(id, "a content of \(contentLength) octets in a file of \(size)")
        }
        guard size - recordsStart <= Self.maximumRecords else {
            throw Self.damaged(id, "\(size - recordsStart) octets behind the content")
        }
        let isWhole = UInt64(first.count) == size
        let records =
            isWhole ? first[Int(recordsStart)...] : try read(recordsStart, Int(size - recordsStart))[...]
        guard let envelope = Self.payload(in: records, chain: headChecksum) else {
            throw Self.damaged(id, "the envelope does not check")
        }
        var decoder = SpoolDecoder(envelope.payload)
        do throws(SpoolDecoder.Fault) {
            message = try decoder.message(size: contentLength)
        } catch {
            throw Self.damaged(id, "the envelope: \(error.text)")
        }
        guard decoder.isAtEnd, message.id == id else { throw Self.damaged(id, "the envelope is that of \(message.id)") }
        self.format = format
        self.contentChecksum = contentChecksum
        chain = envelope.checksum
        end = recordsStart + UInt64(envelope.length)
        envelopeLength = UInt64(envelope.length)
        changes = 0
        self.size = size
        var rest = records.dropFirst(envelope.length)
        while let record = Self.payload(in: rest, chain: chain) {
            try apply(record.payload)
            chain = record.checksum
            end += UInt64(record.length)
            changes += UInt64(record.length)
            rest = rest.dropFirst(record.length)
        }
    }

    private static func readHead(
        _ bytes: [UInt8], _ id: QueueID
    ) throws(SpoolFailure) -> (format: UInt32, contentLength: UInt64, contentChecksum: UInt32, checksum: UInt32) {
        var decoder = SpoolDecoder(bytes[...])
        let version: UInt32
        let contentChecksum: UInt32
        let contentLength: UInt64
        let checksum: UInt32
        do throws(SpoolDecoder.Fault) {
            let magic = try decoder.raw(Self.magic.count)
            version = try decoder.number()
            contentChecksum = try decoder.number()
            contentLength = try decoder.number()
            checksum = try decoder.number()
            guard magic.elementsEqual(Self.magic), checksum == SpoolChecksum.of(bytes.prefix(headLength - 4)) else {
                throw SpoolDecoder.Fault("the head does not check")
            }
        } catch {
            throw damaged(id, error.text)
        }
        guard (1...Self.version).contains(version) else {
            throw SpoolFailure(
                .unavailable, "message \(id) has format \(version); this program knows up to \(Self.version)")
        }
        return (version, contentLength, contentChecksum, checksum)
    }

    /// The record at the beginning of `bytes`; nil where there is none that checks.
    private static func payload(
        in bytes: ArraySlice<UInt8>, chain: UInt32
    ) -> (payload: ArraySlice<UInt8>, length: Int, checksum: UInt32)? {
        guard bytes.count >= 8 else { return nil }
        let length = Int(number(bytes.prefix(4)))
        guard length <= bytes.count - 8 else { return nil }
        let covered = bytes.prefix(4 + length)
        let checksum = number(bytes.dropFirst(4 + length).prefix(4))
        guard checksum == Self.checksum(of: covered, chain: chain) else { return nil }
        return (covered.dropFirst(4), length + 8, checksum)
    }

    /// Its checksum says that these are the octets that were written: what can't be understood is no torn write.
    private mutating func apply(_ payload: ArraySlice<UInt8>) throws(SpoolFailure) {
        var decoder = SpoolDecoder(payload)
        do throws(SpoolDecoder.Fault) {
            for change in try decoder.list({ decoder throws(SpoolDecoder.Fault) in try decoder.change() }) {
                guard message.apply(change) else {
                    throw SpoolDecoder.Fault("a recipient that the message does not have")
                }
            }
            guard decoder.isAtEnd else { throw SpoolDecoder.Fault("octets too many") }
        } catch {
            throw Self.damaged(message.id, "a change: \(error.text)")
        }
    }

    private static func damaged(_ id: QueueID, _ text: String) -> SpoolFailure {
        SpoolFailure(.damaged, "message \(id) is damaged: \(text)")
    }
}
