/// The header of a message while it is edited: fields found by name, parts replaced or removed, fields added at its end.
/// What isn't edited keeps its bytes.
package struct MessageHeader: Hashable, Sendable {
    package let original: [UInt8]
    /// The fields that were looked for, in their order.
    package let fields: [HeaderField]
    /// There are more of those fields than `fieldLimit`, and the rest is unknown.
    package let hasTooManyFields: Bool
    private var edits: [Edit] = []
    private var added: [UInt8] = []

    private struct Edit: Hashable, Sendable {
        var range: Range<Int>
        var replacement: [UInt8]
    }

    /// Fields that are looked at: no honest message comes near.
    package static let fieldLimit = 1000

    /// - Parameter names: of the fields to be found, in lower case.
    package init(_ bytes: [UInt8], fields names: Set<[UInt8]>) {
        original = bytes
        var found: [HeaderField] = []
        var isOver = false
        let span = bytes.span
        let limits = MIMELimits(headerLength: bytes.count)
        var scanner = HeaderFieldScanner(0..<bytes.count, limits: limits)
        while let field = scanner.next(span) {
            guard field.name.count <= 64, names.contains(ASCII.lowercased(bytes[field.name])) else { continue }
            guard found.count < Self.fieldLimit else {
                isOver = true
                break
            }
            found.append(field)
        }
        fields = found
        hasTooManyFields = isOver
    }

    /// In lower case.
    package func name(of field: HeaderField) -> [UInt8] {
        ASCII.lowercased(original[field.name])
    }

    package func fields(named names: Set<[UInt8]>) -> [HeaderField] {
        fields.filter { names.contains(name(of: $0)) }
    }

    package var isEdited: Bool { !edits.isEmpty || !added.isEmpty }

    // MARK: Editing

    package mutating func remove(_ field: HeaderField) {
        edits.append(Edit(range: field.whole, replacement: []))
    }

    /// Ranges that were replaced before must not be touched again.
    package mutating func replace(_ range: Range<Int>, with bytes: [UInt8]) {
        edits.append(Edit(range: range, replacement: bytes))
    }

    /// Puts a field behind all others.
    package mutating func append(_ field: ComposedHeaderField) {
        added += field.bytes
    }

    /// The header as it is now, without its empty line.
    package var bytes: [UInt8] {
        guard isEdited else { return original }
        var result: [UInt8] = []
        result.reserveCapacity(original.count + added.count + 256)
        var position = 0
        for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            guard edit.range.lowerBound >= position, edit.range.upperBound <= original.count else { continue }
            result += original[position..<edit.range.lowerBound]
            result += edit.replacement
            position = edit.range.upperBound
        }
        result += original[position...]
        if !added.isEmpty, let last = result.last, last != 0x0A { result += [0x0D, 0x0A] }
        return result + added
    }
}
