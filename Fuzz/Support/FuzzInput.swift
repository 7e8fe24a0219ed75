/// What libFuzzer hands to a target: octets, and from them the choices that a target makes.
package struct FuzzInput {
    package let bytes: [UInt8]

    package init(_ start: UnsafePointer<UInt8>, _ count: Int) {
        bytes = Array(UnsafeBufferPointer(start: start, count: count))
    }

    /// The input cut into pieces, as a network might deliver it: places that depend on the bytes alone, so that a
    /// finding can be repeated.
    package var pieces: [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var start = 0
        var state: UInt32 = 2_166_136_261
        for (index, byte) in bytes.enumerated() {
            // FNV-1a
            state = (state ^ UInt32(byte)) &* 16_777_619
            if state & 0x70 == 0 {
                pieces.append(bytes[start...index])
                start = index + 1
            }
        }
        pieces.append(bytes[start...])
        return pieces
    }
}

/// Ends the run with a finding.
package func require(_ condition: Bool, _ finding: @autoclosure () -> String) {
    guard condition else { fatalError(finding()) }
}
