package import Glibc
import Testing

/// A directory of the test's own, removed with all it holds when the test lets go of it. World-searchable, so that other
/// identities can be given places in it.
package final class TemporaryMailRoot: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/postroom-test-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        self.path = try #require(made)
        chmod(path, 0o755)
    }

    deinit {
        Self.removeTree(path)
    }

    private static func removeTree(_ path: String) {
        for name in names(path) {
            let path = "\(path)/\(name)"
            if unlink(path) != 0 { removeTree(path) }
        }
        rmdir(path)
    }

    private static func names(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    package subscript(_ name: String) -> String { "\(path)/\(name)" }

    package func bytes(_ name: String) -> [UInt8] { Array(self[name].utf8) }

    /// The names in a directory, sorted.
    package func names(_ name: String) -> [String] { Self.names(self[name]).sorted() }

    /// Makes a directory, its parents too, and gives it away.
    @discardableResult
    package func directory(_ name: String, mode: mode_t = 0o755, uid: uid_t? = nil) throws -> String {
        var path = self.path
        for part in name.split(separator: "/") {
            path += "/\(part)"
            if mkdir(path, 0o755) != 0 { try #require(errno == EEXIST) }
        }
        if let uid { try #require(chown(path, uid, uid) == 0, "this test needs root") }
        try #require(chmod(path, mode) == 0)
        return path
    }

    package func file(_ name: String, _ contents: String = "", uid: uid_t? = nil) throws {
        let descriptor = open(self[name], O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(write(descriptor, contents, contents.utf8.count) == contents.utf8.count)
        if let uid { try #require(fchown(descriptor, uid, uid) == 0, "this test needs root") }
    }

    package func contents(_ name: String) throws -> String {
        let descriptor = open(self[name], O_RDONLY)
        try #require(descriptor >= 0, "no file \(name)")
        defer { close(descriptor) }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            result += buffer.prefix(count)
        }
        return String(decoding: result, as: UTF8.self)
    }

    package func link(_ name: String, to target: String) throws {
        try #require(symlink(target, self[name]) == 0)
    }

    package func status(_ name: String) throws -> stat {
        // `stat()` is no longer the C library's alone once another file of this module imports Foundation.
        try withUnsafeTemporaryAllocation(of: stat.self, capacity: 1) { status in
            let place = try #require(status.baseAddress)
            try #require(lstat(self[name], place) == 0, "no file \(name)")
            return place.pointee
        }
    }
}
