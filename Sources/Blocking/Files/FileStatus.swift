import CBlockingShim
import Glibc

/// What `stat(2)` tells of a file.
package struct FileStatus: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case regular
        case directory
        case symbolicLink
        case other
    }

    /// When a file or directory changed last, to the nanosecond as far as the file system keeps it.
    package struct Time: Hashable, Sendable, Comparable {
        package var seconds: Int64
        package var nanoseconds: Int64

        package init(seconds: Int64, nanoseconds: Int64) {
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }

        package static var now: Time {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Time(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
        }

        package static func < (left: Time, right: Time) -> Bool {
            (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
        }
    }

    /// Identifies a file on this machine.
    package struct Identity: Hashable, Sendable {
        package var device: UInt64
        package var inode: UInt64

        package init(device: UInt64, inode: UInt64) {
            self.device = device
            self.inode = inode
        }
    }

    package var identity: Identity
    package var kind: Kind
    package var uid: UInt32
    package var gid: UInt32
    /// Permission bits.
    package var mode: UInt32
    package var links: UInt64
    package var size: UInt64
    package var modified: Time

    init(_ status: cblocking_status) {
        self.identity = Identity(device: status.device, inode: status.inode)
        self.kind =
            switch status.mode & UInt32(S_IFMT) {
            case UInt32(S_IFREG): .regular
            case UInt32(S_IFDIR): .directory
            case UInt32(S_IFLNK): .symbolicLink
            default: .other
            }
        self.uid = status.uid
        self.gid = status.gid
        self.mode = status.mode & 0o7777
        self.links = status.links
        self.size = status.size
        self.modified = Time(seconds: status.modified_seconds, nanoseconds: status.modified_nanoseconds)
    }
}
