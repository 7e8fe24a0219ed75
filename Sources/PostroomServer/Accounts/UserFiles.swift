import Accounts
import Directory
import Glibc
import SiteConfiguration
import Synchronization

/// Files of users in passwd(5) form as they are now: read again when one has changed, on threads where that may wait.
final class UserFiles: Sendable {
    private struct Kept {
        var stamp: ConfigurationFile.Stamp
        var file: PasswdFile
    }

    /// A path may hold the user's domain: so many files are remembered.
    private static let maximumFiles = 256

    private let kept = Mutex<[String: Kept]>([:])

    func read(_ path: [UInt8]) async -> Outcome<PasswdFile> {
        guard !path.isEmpty, !path.contains(0), let name = String(validating: path, as: UTF8.self) else {
            return .absent
        }
        let outcome = await Hashing.blocking { self.load(name) }
        return outcome
            ?? .unavailable(UnavailableReason(.unreachable, "\(name): too much is being read at the same time"))
    }

    /// Blocks.
    func load(_ path: String) -> Outcome<PasswdFile> {
        let stamp = ConfigurationFile.stamp(path)
        if let stamp, let known = kept.withLock({ $0[path] }), known.stamp == stamp { return .found(known.file) }
        guard let contents = ConfigurationFile.read(path) else {
            guard errno != ENOENT, errno != ENOTDIR else { return .absent }
            return .unavailable(
                UnavailableReason(.misconfigured, "\(path) can't be read: \(String(cString: strerror(errno)))"))
        }
        let file = PasswdFile(contents: contents)
        if let stamp {
            kept.withLock { kept in
                if kept.count >= Self.maximumFiles, kept[path] == nil { kept = [:] }
                kept[path] = Kept(stamp: stamp, file: file)
            }
        }
        return .found(file)
    }
}
