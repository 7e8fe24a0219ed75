/// What comparing a password with a stored one gives.
package enum PasswordCheck: Hashable, Sendable {
    case matches
    case differs
    /// Nobody here can say: an unknown scheme, a value that isn't of its scheme, one that asks for too much work, or no
    /// thread free in time. The text names the scheme and the fault, never the value.
    case unsupported(String)
}

/// Compares in a time that depends on the lengths only.
func equalInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (one, other) in zip(left, right) { difference |= one ^ other }
    return difference == 0
}
