package import NIOCore
import NIOPosix

/// A port of 127.0.0.1 whose connections are tasks of a test.
///
/// A connection becomes a `NIOAsyncChannel` only when somebody takes it: one that is dropped before traps, and clients connect
/// until the last moment of a test.
package enum PeerListener {
    /// - Parameter port: 0 for any.
    package static func bind(port: Int = 0) async throws -> NIOAsyncChannel<any Channel, Never> {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeSucceededFuture(channel)
            }
    }

    /// The octets of a connection that was accepted; nothing of it is read before. Throws where it is closed already.
    package static func take(_ channel: any Channel) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await channel.eventLoop.submit {
            guard channel.isActive else { throw ChannelError.ioOnClosedChannel }
            let connection = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            channel.setOption(.autoRead, value: true).whenComplete { _ in }
            return connection
        }.get()
    }
}
