import CIDN2

/// U-labels to A-labels by libidn2.
enum InternationalName {
    /// Nil for what IDNA 2008 doesn't allow, even after the mapping of UTS 46.
    static func ascii(_ name: [UInt8]) -> [UInt8]? {
        // libidn2 takes a string of C.
        guard !name.contains(0) else { return nil }
        let flags = Int32(IDN2_NFC_INPUT.rawValue | IDN2_NONTRANSITIONAL.rawValue)
        var output: UnsafeMutablePointer<UInt8>?
        let status = idn2_lookup_u8(name + [0], &output, flags)
        guard status == IDN2_OK.rawValue, let output else { return nil }
        defer { idn2_free(output) }
        return Array(UnsafeBufferPointer(start: output, count: strlen(output)))
    }

    private static func strlen(_ start: UnsafePointer<UInt8>) -> Int {
        var count = 0
        while start[count] != 0 { count += 1 }
        return count
    }
}
