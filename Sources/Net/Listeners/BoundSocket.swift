import Glibc

/// A socket bound to an address but not yet listening: made while the process still may bind (ports below 1024), handed
/// to a `Listener` when it no longer may, perhaps after an `exec`.
package struct BoundSocket: Hashable, Sendable {
    /// Owned by whoever holds this value until a `Listener` takes it; open across `exec` only if `survivesExec` was set.
    package let descriptor: CInt
    /// As bound, with the real port; a Unix socket has none.
    package let address: String?
    package let port: Int?

    /// Binds every address that `address` stands for: a name such as `localhost` may have one of each family. Blocks
    /// while a name is resolved. IPv6 sockets take IPv6 only, as Postfix and Dovecot have it, so that `::` and `0.0.0.0`
    /// can stand side by side.
    package static func bind(_ address: ListenAddress) throws(ListenerError) -> [BoundSocket] {
        switch address {
        case .unix(let path, let mode, let owner, let group):
            [try bindUnix(address, path: path, mode: mode, owner: owner, group: group)]
        case .tcp(let host, let port): try bindTCP(address, host: host, port: port)
        }
    }

    /// Takes over a socket that somebody else bound (socket activation, the process before an `exec`).
    package init(adopting descriptor: CInt) throws(ListenerError) {
        var isStream: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &isStream, &length) == 0,
            isStream == CInt(SOCK_STREAM.rawValue)
        else {
            throw ListenerError(
                address: "descriptor \(descriptor)", reason: "it is no stream socket",
                remedy: "pass a descriptor that is bound to a TCP or Unix stream address")
        }
        self.init(descriptor)
    }

    private init(_ descriptor: CInt) {
        self.descriptor = descriptor
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: 64)
        var service = [CChar](repeating: 0, count: 16)
        let isNamed = withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                getsockname(descriptor, name, &length) == 0 && CInt(name.pointee.sa_family) != AF_UNIX
                    && getnameinfo(
                        name, length, &host, socklen_t(host.count), &service, socklen_t(service.count),
                        NI_NUMERICHOST | NI_NUMERICSERV) == 0
            }
        }
        address = isNamed ? Self.text(host) : nil
        port = isNamed ? Int(Self.text(service)) : nil
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Keeps the socket open across `exec`.
    package func surviveExec() {
        _ = fcntl(descriptor, F_SETFD, 0)
    }

    package func close() {
        _ = Glibc.close(descriptor)
    }

    private static func bindTCP(
        _ address: ListenAddress, host: String, port: Int
    ) throws(ListenerError) -> [BoundSocket] {
        guard (0...65535).contains(port) else {
            throw ListenerError(
                address: "\(address)", reason: "\(port) is no port", remedy: "a port is between 1 and 65535")
        }
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard status == 0 else {
            throw ListenerError(
                address: "\(address)", reason: "'\(host)' has no address (\(String(cString: gai_strerror(status))))",
                remedy: "give an IP address of this machine, 0.0.0.0 or ::")
        }
        var sockets: [BoundSocket] = []
        var next = list
        while let info = next?.pointee {
            next = info.ai_next
            do throws(ListenerError) {
                sockets.append(try bindOne(address, info))
            } catch {
                for socket in sockets { socket.close() }
                throw error
            }
        }
        return sockets
    }

    private static func bindOne(_ address: ListenAddress, _ info: addrinfo) throws(ListenerError) -> BoundSocket {
        let descriptor = socket(info.ai_family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(address) }
        var on: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
        if info.ai_family == AF_INET6 { _ = setsockopt(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &on, size) }
        guard Glibc.bind(descriptor, info.ai_addr, info.ai_addrlen) == 0 else {
            let failure = failure(address)
            _ = Glibc.close(descriptor)
            throw failure
        }
        return BoundSocket(descriptor)
    }

    private static func bindUnix(
        _ address: ListenAddress, path: String, mode: UInt32, owner: UInt32?, group: UInt32?
    ) throws(ListenerError) -> BoundSocket {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: name.sun_path) - 1
        guard !bytes.isEmpty, bytes.count <= room, !bytes.contains(0) else {
            throw ListenerError(
                address: path, reason: "a socket's path has 1 to \(room) bytes", remedy: "choose a shorter path")
        }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(address) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = withUnsafePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                // A socket that nobody answers on was left behind by a server that is gone.
                let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
                if probe >= 0 {
                    if connect(probe, name, length) != 0, errno == ECONNREFUSED { _ = unlink(path) }
                    _ = Glibc.close(probe)
                }
                return Glibc.bind(descriptor, name, length) == 0
            }
        }
        let keepsOwner = owner == nil && group == nil
        guard isBound, keepsOwner || chown(path, owner ?? .max, group ?? .max) == 0, chmod(path, mode) == 0 else {
            let failure = failure(address)
            _ = Glibc.close(descriptor)
            throw failure
        }
        return BoundSocket(descriptor)
    }

    private static func failure(_ address: ListenAddress) -> ListenerError {
        let remedy =
            switch errno {
            case EADDRINUSE: "another program listens there (see `ss -ltnp`); stop it or choose another address"
            case EACCES: "ports below 1024 need CAP_NET_BIND_SERVICE or root; a socket's directory must be writable"
            case EADDRNOTAVAIL: "this machine has no such address"
            default: "check the address"
            }
        return ListenerError(address: "\(address)", reason: String(cString: strerror(errno)), remedy: remedy)
    }
}
