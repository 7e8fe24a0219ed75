import Glibc

/// `sendmail -bs`: a program speaks SMTP with the server through our standard input and output.
package enum SocketRelay {
    /// Copies both ways until the server has closed. Blocks.
    ///
    /// - Returns: false where nobody listens at any of the sockets.
    package static func run(sockets: [String], input: CInt = 0, output: CInt = 1) -> Bool {
        guard let server = sockets.lazy.compactMap(connected).first else { return false }
        defer { close(server) }
        var isReading = true
        while true {
            var waits = [
                pollfd(fd: server, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isReading ? input : -1, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&waits, nfds_t(waits.count), -1) >= 0 || errno == EINTR else { return true }
            if waits[0].revents != 0, !copy(from: server, to: output) { return true }
            if waits[1].revents != 0, !copy(from: input, to: server) {
                isReading = false
                shutdown(server, CInt(SHUT_WR))
            }
        }
    }

    private static func copy(from source: CInt, to target: CInt) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(source, &buffer, buffer.count)
        if count < 0, errno == EINTR { return true }
        guard count > 0 else { return false }
        var rest = buffer[..<count]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(target, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return false }
            rest = rest.dropFirst(written)
        }
        return true
    }

    private static func connected(_ path: String) -> CInt? {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: name.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        let isConnected = withUnsafePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}
