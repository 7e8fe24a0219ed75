import Glibc
package import SiteConfiguration

/// Listening sockets bound before privileges are given up, handed through `execve` by number.
///
/// The environment variable holds `KIND ADDRESS PORT=FD` separated by `;`, in the order of the configuration.
package struct BoundSockets: Sendable {
    package static let environmentVariable = "POSTROOM_SOCKETS"

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// By the listener's name (`ListenerModel.name`) and address: a wildcard gives one for IPv6 that takes both.
    private var descriptors: [String: Int32] = [:]

    package init() {}

    package init(environment: [String: String]) {
        for pair in (environment[Self.environmentVariable] ?? "").split(separator: ";") {
            guard let equals = pair.lastIndex(of: "="), let descriptor = Int32(pair[pair.index(after: equals)...]),
                fcntl(descriptor, F_GETFD) >= 0
            else { continue }
            // No child of ours shall inherit it a second time.
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            descriptors[String(pair[..<equals])] = descriptor
        }
    }

    package var environmentValue: String {
        descriptors.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ";")
    }

    package func descriptor(for listener: ListenerModel) -> Int32? {
        descriptors[listener.name]
    }

    /// Binds and listens. The descriptor survives `execve`.
    package mutating func bind(_ listener: ListenerModel) throws(Failure) {
        guard descriptors[listener.name] == nil else { return }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let host = listener.host.value == "*" ? "::" : listener.host.value
        let status = getaddrinfo(host, String(listener.port), &hints, &list)
        defer { freeaddrinfo(list) }
        guard status == 0, let address = list?.pointee else {
            throw Failure(
                description: "\(listener.host.location): \(listener.host.value) is not an IP address — write one, or * for all")
        }
        let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
        guard descriptor >= 0 else { throw failure(listener, "socket") }
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, size)
        if address.ai_family == AF_INET6 {
            var only: Int32 = listener.host.value == "*" ? 0 : 1
            setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &only, size)
        }
        guard Glibc.bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, listen(descriptor, 1024) == 0 else {
            let error = failure(listener, "bind")
            close(descriptor)
            throw error
        }
        descriptors[listener.name] = descriptor
    }

    private func failure(_ listener: ListenerModel, _ call: String) -> Failure {
        let reason = String(cString: strerror(errno))
        let remedy =
            switch errno {
            case EADDRINUSE: "another program listens there: stop it, or give another port"
            case EACCES: "ports below 1024 need root or CAP_NET_BIND_SERVICE"
            case EADDRNOTAVAIL: "this machine does not have that address"
            default: call
            }
        return Failure(
            description: "\(listener.host.location): can't listen on \(listener.name): \(reason) — \(remedy)")
    }
}
