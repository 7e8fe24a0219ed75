package import Blocking
package import Directory
import Glibc

/// `unix:passwd.byname` and `unix:group.byname`: the system's users and groups, by name, as lines of passwd(5) and group(5).
///
/// The name service may ask the network, so it is called on a pool's threads.
package struct SystemUserTable: LookupTable {
    private enum Database: String {
        case users = "passwd.byname"
        case groups = "group.byname"
    }

    package let name: String
    package let location: SourceLocation?
    package var isPattern: Bool { false }

    private let database: Database
    private let pool: BlockingPool

    /// - Parameters:
    ///   - text: what follows `unix:`.
    ///   - pool: the threads of the name service.
    package init(_ text: String, pool: BlockingPool, location: SourceLocation? = nil) throws(TableFault) {
        guard let database = Database(rawValue: text) else {
            throw TableFault("unix:\(text): write unix:passwd.byname or unix:group.byname", at: location)
        }
        self.database = database
        self.pool = pool
        self.location = location
        name = "unix:" + text
    }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        guard !key.isEmpty, !key.contains(0), LookupKey.isText(key), key.count < 1024 else {
            return answer(.absent, to: key)
        }
        let database = database
        do {
            let line = try await pool.run {
                switch database {
                case .users: try Self.user(key)
                case .groups: try Self.group(key)
                }
            }
            return answer(line.map { .found($0) } ?? .absent, to: key)
        } catch {
            return answer(.unavailable(UnavailableReason(.unreachable, "\(name): \(error)")), to: key)
        }
    }

    private struct NameServiceFailure: Error, CustomStringConvertible {
        var code: Int32

        var description: String { "the name service failed: \(String(cString: strerror(code)))" }
    }

    /// A group of a large site may take a megabyte.
    private static let maximumBuffer = 4 << 20

    /// Calls with ever larger buffers while they are too small.
    private static func withBuffer(
        _ call: (UnsafeMutablePointer<CChar>, Int) -> (status: Int32, line: [UInt8]?)
    ) throws -> [UInt8]? {
        var size = 4096
        while true {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { buffer.deallocate() }
            let (status, line) = call(buffer, size)
            switch status {
            case ERANGE where size < maximumBuffer: size *= 4
            // getpwnam_r(3): these say that there is no such name, at one system or another.
            case 0, ENOENT, ESRCH: return line
            default: throw NameServiceFailure(code: status)
            }
        }
    }

    private static func user(_ key: [UInt8]) throws -> [UInt8]? {
        let name = key.map { CChar(bitPattern: $0) } + [0]
        return try withBuffer { buffer, size in
            var entry = passwd()
            var result: UnsafeMutablePointer<passwd>?
            let status = getpwnam_r(name, &entry, buffer, size, &result)
            guard status == 0, result != nil else { return (status, nil) }
            let fields: [[UInt8]] = [
                bytes(entry.pw_name), bytes(entry.pw_passwd), Array("\(entry.pw_uid)".utf8),
                Array("\(entry.pw_gid)".utf8), bytes(entry.pw_gecos), bytes(entry.pw_dir), bytes(entry.pw_shell),
            ]
            return (0, Array(fields.joined(separator: Array(":".utf8))))
        }
    }

    private static func group(_ key: [UInt8]) throws -> [UInt8]? {
        let name = key.map { CChar(bitPattern: $0) } + [0]
        return try withBuffer { buffer, size in
            var entry = Glibc.group()
            var result: UnsafeMutablePointer<Glibc.group>?
            let status = getgrnam_r(name, &entry, buffer, size, &result)
            guard status == 0, result != nil else { return (status, nil) }
            var members: [[UInt8]] = []
            var next = entry.gr_mem
            while let member = next?.pointee {
                members.append(bytes(member))
                next = next?.advanced(by: 1)
            }
            let fields: [[UInt8]] = [
                bytes(entry.gr_name), bytes(entry.gr_passwd), Array("\(entry.gr_gid)".utf8),
                Array(members.joined(separator: Array(",".utf8))),
            ]
            return (0, Array(fields.joined(separator: Array(":".utf8))))
        }
    }

    private static func bytes(_ text: UnsafeMutablePointer<CChar>?) -> [UInt8] {
        guard let text else { return [] }
        return UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) }
    }
}
