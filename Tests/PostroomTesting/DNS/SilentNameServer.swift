import Foundation

/// A port of 127.0.0.1 that takes questions to DNS, by datagram and by stream, and never answers.
package final class SilentNameServer: Sendable {
    package let port: Int
    private let datagrams: Int32
    private let streams: Int32

    package var address: String { "127.0.0.1@\(port)" }

    package init() throws {
        func open(_ type: __socket_type, _ port: Int) -> Int32? {
            let descriptor = socket(AF_INET, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(clamping: port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let isBound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isBound else {
                close(descriptor)
                return nil
            }
            return descriptor
        }
        for _ in 0..<20 {
            let port = try LoopbackPort.free()
            guard let streams = open(SOCK_STREAM, port) else { continue }
            guard let datagrams = open(SOCK_DGRAM, port) else {
                close(streams)
                continue
            }
            listen(streams, 64)
            self.port = port
            self.streams = streams
            self.datagrams = datagrams
            return
        }
        throw ChildProcess.Failure(description: "no port is free for datagrams and streams")
    }

    deinit {
        close(datagrams)
        close(streams)
    }
}
