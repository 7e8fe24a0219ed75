import NIOCore

/// expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids (RFC 7162 §3.2.10)
enum VanishedResponse {
    /// RFC 7162 §4: lines of no more than 8192 octets; a range takes 22 at most.
    private static let rangesPerLine = 360

    static func append(_ ranges: [ClosedRange<UInt32>], earlier: Bool, to output: inout ByteBuffer) {
        var rest = ranges[...]
        while !rest.isEmpty {
            output.writeString(earlier ? "* VANISHED (EARLIER) " : "* VANISHED ")
            for (place, range) in rest.prefix(rangesPerLine).enumerated() {
                if place > 0 { output.writeStaticString(",") }
                let isOne = range.lowerBound == range.upperBound
                output.writeString(isOne ? "\(range.lowerBound)" : "\(range.lowerBound):\(range.upperBound)")
            }
            output.writeStaticString("\r\n")
            rest = rest.dropFirst(rangesPerLine)
        }
    }

    /// - Parameter uids: ascending.
    static func append(uids: [UInt32], to output: inout ByteBuffer) {
        var ranges: [ClosedRange<UInt32>] = []
        for uid in uids {
            if let last = ranges.last, last.upperBound < uid, last.upperBound + 1 == uid {
                ranges[ranges.count - 1] = last.lowerBound...uid
            } else {
                ranges.append(uid...uid)
            }
        }
        append(ranges, earlier: false, to: &output)
    }
}
