/// The three truth values of a filter (RFC 4511 §4.5.1.7).
enum Ternary: Hashable, Sendable {
    case isTrue
    case isFalse
    case undefined

    init(_ value: Bool) {
        self = value ? .isTrue : .isFalse
    }

    static prefix func ! (value: Ternary) -> Ternary {
        switch value {
        case .isTrue: .isFalse
        case .isFalse: .isTrue
        case .undefined: .undefined
        }
    }
}
