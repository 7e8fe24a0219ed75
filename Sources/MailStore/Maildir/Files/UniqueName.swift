import Blocking
import Glibc
import Synchronization

/// Names for files in a Maildir that no other process or machine makes: `1795224813.M637916P24075Q7.host`, as Dovecot's.
enum UniqueName {
    private static let count = Atomic<UInt64>(0)

    static func next() -> [UInt8] {
        let now = FileStatus.Time.now
        let number = count.add(1, ordering: .relaxed).newValue
        var name: [UInt8] = []
        name.reserveCapacity(48 + host.count)
        Digits.append(UInt64(clamping: now.seconds), to: &name)
        name.append(UInt8(ascii: "."))
        name.append(UInt8(ascii: "M"))
        Digits.append(UInt64(clamping: now.nanoseconds / 1000), to: &name)
        name += process
        Digits.append(number, to: &name)
        name.append(UInt8(ascii: "."))
        name += host
        return name
    }

    private static let process = Array("P\(getpid())Q".utf8)

    /// The host's name as it is: what stands in lock files.
    static let hostForLocks: [UInt8] = {
        var buffer = [UInt8](repeating: 0, count: 256)
        let isKnown = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { gethostname($0.assumingMemoryBound(to: CChar.self), 255) == 0 } ?? false
        }
        return isKnown ? Array(buffer.prefix { $0 != 0 }) : Array("localhost".utf8)
    }()

    /// With `/` and `:` as Maildir writes them in a name, and `,` which would begin a field.
    static let host: [UInt8] = hostForLocks.prefix(64).flatMap { byte -> [UInt8] in
        switch byte {
        case UInt8(ascii: "/"): Array("\\057".utf8)
        case UInt8(ascii: ":"): Array("\\072".utf8)
        case UInt8(ascii: ","): Array("\\054".utf8)
        default: [byte]
        }
    }
}
