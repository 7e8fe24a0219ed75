#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A value that stands in a file of its own: `jpegPhoto:< file:///tmp/photo.jpg`.
enum LDIFFileValue {
    struct Failure: Error {
        var reason: String
    }

    static func read(url: ArraySlice<UInt8>, maximumLength: Int) throws(Failure) -> [UInt8] {
        let prefix = Array("file://".utf8)
        guard url.prefix(prefix.count).map({ $0 | 0x20 }) == prefix.map({ $0 | 0x20 }) else {
            throw Failure(reason: "only file: URLs are followed")
        }
        let path = url.dropFirst(prefix.count)
        guard path.first == UInt8(ascii: "/"), let decoded = PercentEncoding.decode(path), !decoded.contains(0) else {
            throw Failure(reason: "the URL is not file:///path")
        }
        return try read(path: String(decoding: decoded, as: UTF8.self), maximumLength: maximumLength)
    }

    private static func read(path: String, maximumLength: Int) throws(Failure) -> [UInt8] {
        // Opening a FIFO must not wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure(reason: "\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(reason: "\(path) is no regular file")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = chunk.withUnsafeMutableBytes { buffer -> Int in
                #if canImport(Glibc)
                    Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                #elseif canImport(Musl)
                    Musl.read(descriptor, buffer.baseAddress, buffer.count)
                #else
                    Darwin.read(descriptor, buffer.baseAddress, buffer.count)
                #endif
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure(reason: "\(path): \(String(cString: strerror(errno)))")
            }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= maximumLength else {
                throw Failure(reason: "\(path) is longer than \(maximumLength) bytes")
            }
        }
    }
}
