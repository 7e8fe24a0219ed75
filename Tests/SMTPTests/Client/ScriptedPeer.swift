import NIOCore
import PostroomTesting

/// A server on a loopback port that does what it is told with the first connection, and nothing else.
enum ScriptedPeer {
    enum Act: Sendable {
        case send(String)
        /// Reads up to and with this text.
        case read(String)
        case close
        /// Says nothing, reads on, until the client goes.
        case hang
        /// Neither reads nor says anything until the test is over.
        case freeze
    }

    static func withPeer<Value: Sendable>(
        _ acts: [Act], _ body: @Sendable @escaping (Int) async throws -> Value
    ) async throws -> Value {
        let server = try await PeerListener.bind()
        let port = server.channel.localAddress?.port ?? 0
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await server.executeThenClose { connections in
                    for try await connection in connections { try? await serve(connection, acts) }
                }
                return nil
            }
            let value = try await body(port)
            group.cancelAll()
            return value
        }
    }

    private static func serve(_ connection: any Channel, _ acts: [Act]) async throws {
        try await PeerListener.take(connection).executeThenClose { inbound, outbound in
            var input = inbound.makeAsyncIterator()
            var unread = ""
            for act in acts {
                switch act {
                case .send(let text): try await outbound.write(ByteBuffer(string: text))
                case .read(let text):
                    while !unread.contains(text) {
                        guard let more = try await input.next() else { return }
                        unread += String(buffer: more)
                    }
                    if let range = unread.firstRange(of: text) { unread.removeSubrange(..<range.upperBound) }
                case .close: return
                case .hang: while try await input.next() != nil {}
                // The close of a client is not noticed by one who does not read: the end of the test ends it.
                case .freeze: try await Task.sleep(for: .seconds(3600))
                }
            }
        }
    }
}
