import Glibc
import Synchronization

/// Names for new messages that nobody else makes: seconds, microseconds, process and a counter, and this host (maildir(5),
/// in the order that Dovecot writes them).
package struct UniqueNames: Sendable {
    private static let counter = Atomic<UInt64>(0)
    private let host: [UInt8]

    /// - Parameter host: a slash or a colon in it is written in octal, as maildir(5) asks.
    package init(host: String) {
        self.host = host.utf8.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "/"): Array("\\057".utf8)
            case UInt8(ascii: ":"): Array("\\072".utf8)
            case UInt8(ascii: ","): Array("\\054".utf8)
            case 0..<0x21, 0x7F: []
            default: [byte]
            }
        }
    }

    func make() -> [UInt8] {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let count = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        return Array("\(now.tv_sec).M\(now.tv_nsec / 1000)P\(getpid())Q\(count).".utf8) + host
    }
}
