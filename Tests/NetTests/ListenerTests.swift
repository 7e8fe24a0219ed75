import Foundation
import NIOCore
import PostroomTesting
import Testing

@testable import Net

struct ListenerTests {
    @Test func `sessions run over TCP`() async throws {
        let server = try await TestListener()
        let client = try await TestConnection(port: server.port)
        #expect(try await client.line() == "hello")
        try await client.send("a\r\nWAIT b\r\nc\r\nQUIT\r\n")
        #expect(try await client.rest() == "echo a\r\nanswer b\r\necho c\r\nbye\r\n")
        try await client.close()
        await server.stop()
        #expect(server.performer.finishedCount == 1)
    }

    @Test func `a Unix socket is bound with its mode, replaced when stale, and served`() async throws {
        let path = "/tmp/postroom-net-\(UUID().uuidString.prefix(8))"
        let stale = try BoundSocket.bind(.unix(path: path))
        for socket in stale { socket.close() }
        let server = try await TestListener(.unix(path: path, mode: 0o600))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(throws: ListenerError.self) { try BoundSocket.bind(.unix(path: path)) }
        let client = try await TestConnection(unixSocket: path)
        #expect(try await client.line() == "hello")
        // The look whether somebody answers on the socket was a connection, too, for a moment.
        #expect(await eventually { server.listener.connections.map(\.remoteAddress) == [nil] })
        try await client.close()
        await server.stop()
        try FileManager.default.removeItem(atPath: path)
    }

    @Test func `a port in use is an error that says what to do`() async throws {
        let server = try await TestListener()
        let error = try #require(throws: ListenerError.self) {
            try BoundSocket.bind(.tcp(host: "127.0.0.1", port: server.port))
        }
        // Two sockets may be bound to one port as long as neither listens; ours does.
        #expect(error.description.contains("127.0.0.1:\(server.port)"))
        #expect(error.description.contains("another program listens there"))
        await server.stop()
    }

    @Test func `an address that can't be bound is refused with the reason`() {
        #expect(throws: ListenerError.self) { try BoundSocket.bind(.tcp(host: "192.0.2.1", port: 0)) }
        #expect(throws: ListenerError.self) { try BoundSocket.bind(.tcp(host: "127.0.0.1", port: 65536)) }
        #expect(throws: ListenerError.self) { try BoundSocket.bind(.unix(path: String(repeating: "x", count: 200))) }
        #expect(throws: ListenerError.self) { try BoundSocket(adopting: -1) }
    }

    @Test func `a socket bound elsewhere is taken over with its address`() throws {
        let bound = try #require(try BoundSocket.bind(.tcp(host: "::1", port: 0)).first)
        let adopted = try BoundSocket(adopting: bound.descriptor)
        #expect(adopted == bound)
        #expect(adopted.address == "::1")
        #expect(adopted.port.map { $0 > 0 } ?? false)
        bound.close()
    }

    @Test func `a client over its limit is told and closed; when one leaves, the next comes in`() async throws {
        let server = try await TestListener(limits: ConnectionLimits(total: 10, perClient: 1))
        let first = try await TestConnection(port: server.port)
        #expect(try await first.line() == "hello")
        let second = try await TestConnection(port: server.port)
        #expect(try await second.rest() == "refused: tooManyFromClient\r\n")
        try await first.send("QUIT\r\n")
        #expect(try await first.rest() == "bye\r\n")
        try await first.close()
        #expect(await eventually { server.listener.connections.isEmpty })
        let third = try await TestConnection(port: server.port)
        #expect(try await third.line() == "hello")
        for client in [second, third] { try await client.close() }
        await server.stop()
    }

    @Test func `a full listener says so`() async throws {
        let server = try await TestListener(limits: ConnectionLimits(total: 0))
        let client = try await TestConnection(port: server.port)
        #expect(try await client.rest() == "refused: tooManyConnections\r\n")
        try await client.close()
        await server.stop()
    }

    @Test func `shutting down ends idle sessions at once and busy ones after their wait`() async throws {
        let server = try await TestListener(answersAtOnce: false)
        let idle = try await TestConnection(port: server.port)
        let busy = try await TestConnection(port: server.port)
        #expect(try await idle.line() == "hello")
        #expect(try await busy.line() == "hello")
        try await busy.send("WAIT x\r\n")
        #expect(await eventually { server.performer.begun == ["x"] })
        async let stopped: Void = server.stop()
        #expect(try await idle.rest() == "stopping\r\n")
        server.performer.answer()
        #expect(try await busy.rest() == "answer x\r\nstopping\r\n")
        await stopped
        #expect(server.performer.finishedCount == 2)
        for client in [idle, busy] { try await client.close() }
        await #expect(throws: (any Error).self) { _ = try await TestConnection(port: server.port) }
    }

    @Test func `sessions that do not end in time are cut off`() async throws {
        let server = try await TestListener(answersAtOnce: false)
        let client = try await TestConnection(port: server.port)
        #expect(try await client.line() == "hello")
        try await client.send("WAIT x\r\n")
        #expect(await eventually { server.performer.begun == ["x"] })
        await server.listener.shutDown(grace: .milliseconds(1))
        #expect(server.performer.wasCancelled)
        #expect(server.performer.finishedCount == 1)
        try await client.close()
    }

    @Test func `one session can be ended by its id`() async throws {
        let server = try await TestListener()
        let client = try await TestConnection(port: server.port)
        #expect(try await client.line() == "hello")
        let facts = try #require(server.listener.connections.first)
        #expect(facts.remoteAddress == "127.0.0.1")
        #expect(!server.listener.end("nobody"))
        #expect(server.listener.end(facts.sessionID))
        #expect(try await client.rest() == "stopping\r\n")
        try await client.close()
        await server.stop()
    }

    @Test func `a client that half-closes gets its answers`() async throws {
        let server = try await TestListener()
        let client = try await TestConnection(port: server.port)
        try await client.send("WAIT x\r\na\r\n")
        try await client.closeOutput()
        #expect(try await client.rest() == "hello\r\nanswer x\r\necho a\r\n")
        try await client.close()
        await server.stop()
    }

    @Test func `what a slow reader asks for does not pile up`() async throws {
        let server = try await TestListener()
        let client = try await TestConnection(port: server.port, reads: false)
        for _ in 0..<40 { try await client.send("FLOOD\r\nWAIT x\r\n") }
        // A wait is begun only once the megabyte before it has gone: what fits the kernel's buffers, and no more.
        #expect(await eventually { !server.listener.connections.isEmpty })
        #expect(server.performer.begun.count < 40)
        try await client.startReading()
        #expect(await eventually { server.performer.begun.count == 40 })
        try await client.close()
        await server.stop()
    }

    @Test func `session ids are short and never the same`() {
        let ids = (0..<10_000).map { _ in SessionIDs.make() }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.utf8.count == 10 })
        #expect(ids == ids.sorted())
    }
}
