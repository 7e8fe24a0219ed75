#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file on disk: its contents, and the marks by which a change of it is noticed. Both calls block.
struct LDIFFile {
    /// What changes when the file is written or replaced.
    struct Marks: Hashable, Sendable {
        var device: UInt64
        var inode: UInt64
        var size: Int64
        var modified: [Int]
    }

    let path: String

    func marks() throws(LDIFFaults) -> Marks {
        var status = stat()
        guard stat(path, &status) == 0 else { throw fault() }
        return Self.marks(status)
    }

    /// The contents, with the marks of the very file they were read from.
    func read() throws(LDIFFaults) -> (contents: [UInt8], marks: Marks) {
        // A FIFO in the file's place must not hold the reader up.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw fault() }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw fault() }
        guard status.st_mode & S_IFMT == S_IFREG else { throw fault("is no regular file") }
        guard status.st_size <= Self.maximumSize else { throw fault("is larger than \(Self.maximumSize) bytes") }
        var contents: [UInt8] = []
        contents.reserveCapacity(Int(status.st_size) + 1)
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while contents.count <= Self.maximumSize {
            let count = chunk.withUnsafeMutableBytes { buffer in
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
                throw fault()
            }
            if count == 0 { return (contents, Self.marks(status)) }
            contents += chunk[..<count]
        }
        throw fault("is larger than \(Self.maximumSize) bytes")
    }

    private static let maximumSize = 1 << 30

    private static func marks(_ status: stat) -> Marks {
        Marks(
            device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(truncatingIfNeeded: status.st_ino),
            size: Int64(status.st_size),
            modified: [
                Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec), Int(status.st_ctim.tv_sec),
                Int(status.st_ctim.tv_nsec),
            ])
    }

    private func fault(_ text: String? = nil) -> LDIFFaults {
        let text = text ?? "can't be read: \(String(cString: strerror(errno)))"
        return LDIFFaults([LDIFFault(text, at: SourceLocation(file: path))])
    }
}
