import CZLIB
import NIOCore

/// What a peer sent is no deflate stream (RFC 1951), or one that nobody sends in good faith.
package enum InflateError: Error, Hashable, CustomStringConvertible {
    case malformed
    case ended
    case outOfMemory
    case bomb

    package var description: String {
        switch self {
        case .malformed: "the client's compressed data is malformed"
        case .ended: "the client ended the compression"
        case .outOfMemory: "there is no memory for the compression"
        case .bomb: "the client's compressed data grows beyond all measure"
        }
    }
}

/// A raw deflate stream (RFC 1951) read in steps. Between bursts it keeps no more than what the peer may still refer to.
final class Inflater {
    private static let windowBits: Int32 = 15
    private static let windowSize = 1 << 15
    /// "At the end of a block, no bit of the last octet unused": inflate() says so in `data_type`.
    private static let isBetweenBlocks: Int32 = 128

    private var stream: UnsafeMutablePointer<z_stream>?
    /// The last octets that came out, while there is no stream.
    private var history: [UInt8] = []
    /// The last step filled its room: there may be more without any input.
    private(set) var hasMore = false

    deinit { release() }

    /// Octets that an idle connection holds.
    var heldOctets: Int { stream == nil ? history.capacity : 39 << 10 }

    /// Consumes of `input` what fits `room` octets of output.
    func step(_ input: inout ByteBuffer, into output: inout ByteBuffer, room: Int) throws(InflateError) {
        let stream = try running()
        var status = Z_OK
        var consumed = 0
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
            let capacity = min(room, target.count)
            input.withUnsafeReadableBytes { source in
                let given = min(source.count, Int(UInt32.max))
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: source.bindMemory(to: UInt8.self).baseAddress)
                stream.pointee.avail_in = UInt32(given)
                stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(capacity)
                status = inflate(stream, Z_SYNC_FLUSH)
                consumed = given - Int(stream.pointee.avail_in)
            }
            return capacity - Int(stream.pointee.avail_out)
        }
        // Neither pointer means anything after its buffer moved.
        stream.pointee.next_in = nil
        stream.pointee.next_out = nil
        input.moveReaderIndex(forwardBy: consumed)
        hasMore = stream.pointee.avail_out == 0
        switch status {
        case Z_OK, Z_BUF_ERROR: return
        case Z_STREAM_END: throw .ended
        case Z_MEM_ERROR: throw .outOfMemory
        default: throw .malformed
        }
    }

    /// Gives back the stream's memory where the peer has left it between two blocks, as a flush does.
    func rest() {
        guard let stream, !hasMore, stream.pointee.data_type == Self.isBetweenBlocks else { return }
        var length: UInt32 = 0
        let kept = [UInt8](unsafeUninitializedCapacity: Self.windowSize) { buffer, count in
            let status = inflateGetDictionary(stream, buffer.baseAddress, &length)
            count = status == Z_OK ? min(Int(length), Self.windowSize) : 0
            if status != Z_OK { length = .max }
        }
        guard length != .max else { return }
        // Not the array itself, which has room for the greatest window.
        history = Array(kept[...].map { $0 })
        release()
    }

    private func running() throws(InflateError) -> UnsafeMutablePointer<z_stream> {
        if let stream { return stream }
        let made = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        made.initialize(to: z_stream())
        guard
            inflateInit2_(made, -Self.windowBits, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else {
            made.deallocate()
            throw .outOfMemory
        }
        stream = made
        if !history.isEmpty {
            guard inflateSetDictionary(made, history, UInt32(history.count)) == Z_OK else { throw .outOfMemory }
            history = []
        }
        return made
    }

    private func release() {
        guard let stream else { return }
        inflateEnd(stream)
        stream.deallocate()
        self.stream = nil
    }
}
