/// Bytes that must never reach a log, an error or a description: passwords and bind credentials.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package let bytes: [UInt8]

    package init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    package init(_ text: String) {
        self.init(text.utf8)
    }

    package var isEmpty: Bool { bytes.isEmpty }
    package var description: String { "(secret)" }
    package var debugDescription: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Compares without telling by its duration where two secrets differ.
    package func matches(_ other: some Collection<UInt8>) -> Bool {
        guard bytes.count == other.count else { return false }
        var difference: UInt8 = 0
        for (left, right) in zip(bytes, other) { difference |= left ^ right }
        return difference == 0
    }
}
