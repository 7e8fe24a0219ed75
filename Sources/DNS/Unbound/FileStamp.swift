import Glibc

/// Which file a path names, and which version of it; nil fields for none.
struct FileStamp: Hashable, Sendable {
    private var device: UInt64?
    private var number: UInt64?
    private var size: Int?
    private var seconds: Int?
    private var nanoseconds: Int?

    init(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
        size = Int(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

extension UnboundOptions {
    /// The files that libunbound reads when a resolver is opened.
    var files: [String] {
        var files = [trustAnchorFile ?? Self.rootKey]
        if case .file(let path) = servers { files.append(path) }
        if let hostsFile { files.append(hostsFile) }
        return files
    }

    /// Does blocking calls.
    var stamps: [FileStamp] { files.map { FileStamp($0) } }
}
