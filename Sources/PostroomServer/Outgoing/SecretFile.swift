import Glibc
import SASL

/// A secret of the server's own, made once and kept.
enum SecretFile {
    /// Makes a file with a random line, for its owner alone. Nil where it can't be made, or is there already.
    static func make(_ path: String) -> [UInt8]? {
        guard path.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return nil }
        // The folder too, though not those above it.
        if slash > path.startIndex { _ = mkdir(String(path[..<slash]), 0o700) }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var generator = SystemRandomNumberGenerator()
        let random = (0..<24).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let line = Base64.encode(random) + [0x0A]
        guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            _ = unlink(path)
            return nil
        }
        return line
    }
}
