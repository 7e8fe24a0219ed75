/// One parameter of a Content-Type or Content-Disposition, its value as the message has it (RFC 2231 encoding and
/// encoded words are the reader's business).
package struct MIMEParameter: Hashable, Sendable {
    package var name: [UInt8]
    package var value: [UInt8]

    package init(name: [UInt8], value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

extension StructuredFieldReader {
    /// *(";" attribute "=" value), the continuations of RFC 2231 §3 (`name*0*=`, `name*1=`) joined to one
    /// (`name*=`), as clients expect them from a server.
    mutating func parameters(limits: MIMELimits) -> [MIMEParameter] {
        var plain: [MIMEParameter] = []
        var pieces: [ContinuationPiece] = []
        while position < bytes.count, plain.count + pieces.count < limits.parameters {
            guard let parameter = parameter() else {
                // Something else than a parameter: take up again at the next place that can be one.
                if position < bytes.count { position += 1 }
                continue
            }
            if let piece = ContinuationPiece(parameter) { pieces.append(piece) } else { plain.append(parameter) }
        }
        return plain + ContinuationPiece.joined(pieces)
    }

    /// parameter := attribute "=" value ; attribute := token ; value := token / quoted-string
    private mutating func parameter() -> MIMEParameter? {
        guard current == UInt8(ascii: ";") else { return nil }
        position += 1
        guard skipWhiteSpace() == .more else { return nil }
        var name: [UInt8] = []
        guard mimeToken(into: &name) == .more, current == UInt8(ascii: "=") else { return nil }
        position += 1
        var value: [UInt8] = []
        var progress = skipWhiteSpace()
        if progress == .more {
            switch current {
            case UInt8(ascii: "\""): progress = quotedString(into: &value)
            case UInt8(ascii: "="):
                // An encoded word where none may stand: name==?utf-8?b?…?=
                while let byte = current, byte != UInt8(ascii: ";"), byte > 0x20 {
                    value.append(byte)
                    position += 1
                }
            default: progress = mimeToken(into: &value)
            }
        }
        return progress == .malformed ? nil : MIMEParameter(name: name, value: value)
    }
}

/// `attribute*n` or `attribute*n*` of RFC 2231 §3 and §4.
private struct ContinuationPiece {
    var name: [UInt8]
    var index: Int
    var isExtended: Bool
    var value: [UInt8]

    init?(_ parameter: MIMEParameter) {
        guard let star = parameter.name.firstIndex(of: UInt8(ascii: "*")) else { return nil }
        var rest = parameter.name[(star + 1)...]
        index = 0
        var hasDigits = false
        while let digit = rest.first, digit >= 0x30, digit <= 0x39 {
            guard index < 1_000_000 else { return nil }
            index = index * 10 + Int(digit - 0x30)
            hasDigits = true
            rest = rest.dropFirst()
        }
        if hasDigits {
            isExtended = rest.first == UInt8(ascii: "*")
            if isExtended { rest = rest.dropFirst() }
        } else {
            isExtended = true
        }
        guard rest.isEmpty else { return nil }
        name = Array(parameter.name[..<star])
        value = parameter.value
    }

    static func joined(_ pieces: [ContinuationPiece]) -> [MIMEParameter] {
        guard !pieces.isEmpty else { return [] }
        let sorted = pieces.enumerated().sorted { left, right in
            let (leftName, rightName) = (ASCII.lowercased(left.element.name), ASCII.lowercased(right.element.name))
            if leftName != rightName { return leftName.lexicographicallyPrecedes(rightName) }
            if left.element.index != right.element.index { return left.element.index < right.element.index }
            return left.offset < right.offset
        }.map(\.element)
        var result: [MIMEParameter] = []
        var start = 0
        while start < sorted.count {
            var end = start
            while end < sorted.count, ASCII.equalIgnoringCase(sorted[start].name, sorted[end].name) { end += 1 }
            let group = sorted[start..<end]
            start = end
            guard group.enumerated().allSatisfy({ $0.offset == $0.element.index }) else {
                // A piece is missing: they are shown one by one, as they came.
                for piece in group {
                    var name = piece.name + Array("*\(piece.index)".utf8)
                    if piece.isExtended { name.append(UInt8(ascii: "*")) }
                    result.append(MIMEParameter(name: name, value: piece.value))
                }
                continue
            }
            let isExtended = group.contains(where: \.isExtended)
            guard let first = group.first else { continue }
            var value: [UInt8] = []
            for piece in group {
                value += isExtended && !piece.isExtended ? percentEncoded(piece.value) : piece.value
            }
            result.append(MIMEParameter(name: isExtended ? first.name + [UInt8(ascii: "*")] : first.name, value: value))
        }
        return result
    }

    /// What was not percent-encoded must not look as if it were.
    private static func percentEncoded(_ value: [UInt8]) -> [UInt8] {
        value.flatMap { $0 == UInt8(ascii: "%") ? Array("%25".utf8) : [$0] }
    }
}
