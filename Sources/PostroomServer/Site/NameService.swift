import Accounts
import Blocking
import Directory
import Glibc

/// The system's users and groups. The name service may ask the network, so it is asked on threads of its own.
enum NameService {
    static let pool = BlockingPool(name: "names", threads: 4, queueLimit: 1024)

    static let owners = OwnerNames(
        uid: { name in await found(name) { user($0) } }, gid: { name in await found(name) { group($0) } })

    private static func found(
        _ name: String, _ ask: @escaping @Sendable (String) -> Outcome<UInt32>
    ) async -> Outcome<UInt32> {
        do {
            return try await pool.run { ask(name) }
        } catch {
            return .unavailable(UnavailableReason(.unreachable, "the name service is busy: \(error)"))
        }
    }

    /// Blocks.
    static func user(_ name: String) -> Outcome<UInt32> {
        asked(name) { buffer, size in
            var entry = passwd()
            var result: UnsafeMutablePointer<passwd>?
            let code = getpwnam_r(name, &entry, buffer, size, &result)
            return (code, result?.pointee.pw_uid)
        }
    }

    /// Blocks.
    static func group(_ name: String) -> Outcome<UInt32> {
        asked(name) { buffer, size in
            var entry = Glibc.group()
            var result: UnsafeMutablePointer<Glibc.group>?
            let code = getgrnam_r(name, &entry, buffer, size, &result)
            return (code, result?.pointee.gr_gid)
        }
    }

    /// Whose number it is.
    static func name(ofUser uid: UInt32) async -> Outcome<String> {
        do {
            return try await pool.run {
                asked("uid \(uid)") { buffer, size in
                    var entry = passwd()
                    var result: UnsafeMutablePointer<passwd>?
                    let code = getpwuid_r(uid, &entry, buffer, size, &result)
                    return (code, result?.pointee.pw_name.map { String(cString: $0) })
                }
            }
        } catch {
            return .unavailable(UnavailableReason(.unreachable, "the name service is busy: \(error)"))
        }
    }

    private static func asked<Value: Sendable>(
        _ name: String, _ ask: (UnsafeMutablePointer<CChar>, Int) -> (code: Int32, number: Value?)
    ) -> Outcome<Value> {
        guard !name.utf8.contains(0), name.utf8.count <= 256 else { return .absent }
        var size = 1024
        // A group of thousands needs a larger buffer (ERANGE).
        while size <= 1 << 20 {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { buffer.deallocate() }
            let (code, number) = ask(buffer, size)
            switch code {
            // getpwnam_r(3): these too say that there is no such name.
            case 0, ENOENT, ESRCH, EBADF, EPERM: return number.map { .found($0) } ?? .absent
            case ERANGE: size *= 4
            default:
                return .unavailable(
                    UnavailableReason(
                        .unreachable, "the name service can't tell \(name): \(String(cString: strerror(code)))"))
            }
        }
        return .unavailable(UnavailableReason(.misconfigured, "the name service's answer to \(name) is too large"))
    }
}
