import NIOCore

/// One question and its answer over a connection of its own, free of I/O.
protocol ServiceExchange: Sendable {
    /// What is sent as soon as the connection stands.
    mutating func begin() -> [UInt8]
    mutating func receive(_ bytes: ByteBufferView) -> ServiceExchangeStep
    /// Why the connection's end comes too early.
    var endReason: String { get }
}

enum ServiceExchangeStep: Sendable {
    case wait
    case send([UInt8])
    /// The answer, and what is sent before the connection is closed.
    case done(ServiceAnswer, farewell: [UInt8])
}

/// What an exchange comes to; `failed` is without the service's name, which is put before it.
enum ServiceAnswer: Sendable {
    case accepted(user: [UInt8]?)
    case rejected
    case failed(kind: FailureKind, String)

    enum FailureKind: Sendable {
        case unreachable
        case incomplete
        case misconfigured
    }
}

extension PasswordQuestion {
    /// The login with the realm that was split off put back.
    var wholeLogin: [UInt8] { realm.isEmpty ? login : login + [UInt8(ascii: "@")] + realm }
}
