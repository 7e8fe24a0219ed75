import Glibc
import NIOCore

/// `struct ucred` of unix(7): who connected, as of the moment of `connect`.
struct PeerCredentials: Hashable, Sendable {
    var pid: Int32
    var uid: UInt32
    var gid: UInt32

    /// Nil for a connection over a network. Fails, and so ends the connection, where the kernel does not tell.
    static func of(_ channel: any Channel) -> EventLoopFuture<PeerCredentials?> {
        guard case .unixDomainSocket? = channel.localAddress else {
            return channel.eventLoop.makeSucceededFuture(nil)
        }
        guard let socket = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let credentials: EventLoopFuture<PeerCredentials> = socket.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        return credentials.map { $0 }
    }
}
