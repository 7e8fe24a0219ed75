/// Fields of a spool file in a row: whole numbers most significant octet first, octets and texts behind their length.
struct SpoolEncoder {
    private(set) var bytes: [UInt8] = []

    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ flag: Bool) {
        bytes.append(flag ? 1 : 0)
    }

    mutating func append(octets: [UInt8]) {
        append(UInt32(clamping: octets.count))
        bytes += octets
    }

    mutating func append(text: String) {
        let utf8 = text.utf8
        append(UInt32(clamping: utf8.count))
        bytes += utf8
    }

    mutating func append<Value>(_ value: Value?, _ append: (inout SpoolEncoder, Value) -> Void) {
        self.append(value != nil)
        if let value { append(&self, value) }
    }

    mutating func append<Value>(list: [Value], _ append: (inout SpoolEncoder, Value) -> Void) {
        self.append(UInt32(clamping: list.count))
        for value in list { append(&self, value) }
    }

    /// Octets that are there already, without a length.
    mutating func append(raw octets: some Sequence<UInt8>) {
        bytes += octets
    }
}
