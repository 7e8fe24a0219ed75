import Glibc
import NIOCore
import NIOPosix

/// Why no connection came about, in the words that logs and reports are searched for: `Connection refused`.
enum ConnectFailure {
    static func text(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let failure = error.connectionErrors.first { return text(failure.error) }
            return "\(error.host): no such host"
        case let error as IOError: return String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout: return "Connection timed out"
        default: return "no connection (\(error))"
        }
    }
}
