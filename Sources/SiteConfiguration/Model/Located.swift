package import Directory

/// A value of the configuration with the place it was set at.
package struct Located<Value: Sendable>: Sendable {
    package var value: Value
    package var location: SourceLocation

    package init(_ value: Value, at location: SourceLocation) {
        self.value = value
        self.location = location
    }

    package func map<Other: Sendable>(_ transform: (Value) -> Other) -> Located<Other> {
        Located<Other>(transform(value), at: location)
    }
}

extension Located: Equatable where Value: Equatable {}

extension SourceLocation {
    /// Where a value stands that nobody set.
    package static let builtIn = SourceLocation(file: "built-in default")
}
