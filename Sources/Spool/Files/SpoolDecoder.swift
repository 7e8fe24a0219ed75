/// Reads what `SpoolEncoder` wrote. Nothing is reserved for what is only announced: a length beyond the octets that are
/// there is a fault, whatever it says.
struct SpoolDecoder {
    /// The octets are none that this program wrote.
    struct Fault: Error, Hashable {
        var text: String

        init(_ text: String) {
            self.text = text
        }
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) throws(Fault) -> Number {
        var number: Number = 0
        for byte in try raw(MemoryLayout<Number>.size) {
            // Shifted in two halves where the type has only eight bits.
            number = (Number.bitWidth > 8 ? number << 8 : 0) | Number(truncatingIfNeeded: byte)
        }
        return number
    }

    mutating func flag() throws(Fault) -> Bool {
        switch try number(UInt8.self) {
        case 0: false
        case 1: true
        case let other: throw Fault("\(other) where 0 or 1 was expected")
        }
    }

    mutating func octets() throws(Fault) -> [UInt8] {
        try Array(raw(Int(number(UInt32.self))))
    }

    mutating func text() throws(Fault) -> String {
        let octets = try raw(Int(number(UInt32.self)))
        guard let text = String(validating: octets, as: UTF8.self) else { throw Fault("a text is not UTF-8") }
        return text
    }

    mutating func optional<Value>(
        _ read: (inout SpoolDecoder) throws(Fault) -> Value
    ) throws(Fault) -> Value? {
        try flag() ? read(&self) : nil
    }

    mutating func list<Value>(_ read: (inout SpoolDecoder) throws(Fault) -> Value) throws(Fault) -> [Value] {
        let count = try number(UInt32.self)
        // Each element has one octet at least.
        guard Int(count) <= rest.count else { throw Fault("a list of \(count) in \(rest.count) octets") }
        var values: [Value] = []
        for _ in 0..<count { values.append(try read(&self)) }
        return values
    }

    mutating func raw(_ count: Int) throws(Fault) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw Fault("\(count) octets announced, \(rest.count) there") }
        let octets = rest.prefix(count)
        rest = rest.dropFirst(count)
        return octets
    }
}
