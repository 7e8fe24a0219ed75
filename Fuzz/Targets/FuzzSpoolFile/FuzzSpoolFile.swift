import FuzzSupport
import Spool

/// A file of the queue as it lies on a disk that lies: what is read is bounded, and reads the same when written again.
/// Most inputs fail at a checksum, so each is read a second time with checksums that fit.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    guard let id = QueueID("4bcdfghjk") else { return 0 }
    for bytes in [input.bytes, SpoolFile.withFittingChecksums(input.bytes)] {
        guard let file = try? SpoolFile(id, bytes) else { continue }
        require(file.end <= UInt64(bytes.count), "records end at \(file.end) of \(bytes.count)")
        require(file.message.size <= UInt64(bytes.count), "content of \(file.message.size) in \(bytes.count)")
        let content = Array(bytes[SpoolFile.headLength...].prefix(Int(file.message.size)))
        let again = try? SpoolFile(id, SpoolFile.bytes(of: file.message, content: content))
        require(again?.message == file.message, "\(file.message) is another message when read again")
    }
    return 0
}
