package import MailModel

extension Domain {
    /// The domain with A-labels for its U-labels (RFC 5891 §4.4), for servers without SMTPUTF8; nil where a label is too
    /// long for DNS or is not UTF-8. Letters are folded to lower case; no other mapping is made.
    package var ascii: Domain? {
        guard bytes.contains(where: { $0 >= 0x80 }) else { return self }
        guard !isAddressLiteral, let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var labels: [[UInt8]] = []
        for label in text.lowercased().split(separator: ".", omittingEmptySubsequences: false) {
            if label.utf8.allSatisfy({ $0 < 0x80 }) {
                labels.append(Array(label.utf8))
            } else {
                guard let encoded = Punycode.encode(label.unicodeScalars) else { return nil }
                labels.append(Array("xn--".utf8) + encoded)
            }
        }
        guard labels.allSatisfy({ $0.count <= 63 }) else { return nil }
        return Domain(labels.joined(separator: [UInt8(ascii: ".")]))
    }
}

/// RFC 3492, the encoder.
enum Punycode {
    private static let base: UInt32 = 36
    private static let minimumThreshold: UInt32 = 1
    private static let maximumThreshold: UInt32 = 26
    private static let digits = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// Nil for what no label could hold.
    static func encode(_ label: some Sequence<Unicode.Scalar>) -> [UInt8]? {
        let points = label.map(\.value)
        guard points.count <= 255 else { return nil }
        var output = points.filter { $0 < 0x80 }.map { UInt8(truncatingIfNeeded: $0) }
        let basicCount = output.count
        var handled = basicCount
        if basicCount > 0 { output.append(UInt8(ascii: "-")) }
        var next: UInt32 = 128
        var delta: UInt32 = 0
        var bias: UInt32 = 72
        while handled < points.count {
            guard let smallest = points.filter({ $0 >= next }).min() else { return nil }
            // At most 0x10FFFF × 256: no overflow of 32 bits.
            delta += (smallest - next) * UInt32(handled + 1)
            next = smallest
            for point in points {
                if point < next { delta += 1 }
                guard point == next else { continue }
                append(delta, bias, to: &output)
                bias = adapt(delta, count: UInt32(handled + 1), isFirst: handled == basicCount)
                delta = 0
                handled += 1
            }
            delta += 1
            next += 1
        }
        return output
    }

    private static func append(_ delta: UInt32, _ bias: UInt32, to output: inout [UInt8]) {
        var rest = delta
        var position = base
        while true {
            let threshold =
                position <= bias
                ? minimumThreshold : position >= bias + maximumThreshold ? maximumThreshold : position - bias
            guard rest >= threshold else { break }
            output.append(digits[Int(threshold + (rest - threshold) % (base - threshold))])
            rest = (rest - threshold) / (base - threshold)
            position += base
        }
        output.append(digits[Int(rest)])
    }

    /// §6.1
    private static func adapt(_ delta: UInt32, count: UInt32, isFirst: Bool) -> UInt32 {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var steps: UInt32 = 0
        while delta > ((base - minimumThreshold) * maximumThreshold) / 2 {
            delta /= base - minimumThreshold
            steps += base
        }
        return steps + (base - minimumThreshold + 1) * delta / (delta + 38)
    }
}
