import Directory
import LookupTables
import NIOCore
import NIOPosix
import PostroomTesting
import Synchronization
import Testing

@Suite struct NetworkTableTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    /// What tcp_table(5) and socketmap_table(5) have a server say, by key.
    private static func socketMap(_ request: String) -> String? {
        guard let body = request.split(separator: ":", maxSplits: 1).last?.dropLast() else { return nil }
        let reply =
            switch body {
            case "virtual a@x": "OK one@y,two@z"
            case "virtual spaced": "OK two  words "
            case "virtual temp": "TEMP try later"
            case "virtual timeout": "TIMEOUT slow"
            case "virtual perm": "PERM broken"
            case "virtual odd": "WHAT"
            case "virtual empty": "OK "
            case "virtual garbage": "garbage"
            default: "NOTFOUND "
            }
        return body == "virtual garbage" ? "xx:yy" : "\(reply.utf8.count):\(reply),"
    }

    private static func tcp(_ request: String) -> String? {
        switch request {
        case "get a@x\n": "200 one@y,two@z\n"
        case "get a%20b%25%C3%A9\n": "200 two%20words%25\n"
        case "get temp\n": "400 try%20later\n"
        case "get odd\n": "999 what\n"
        case "get bad\n": "200 a%2\n"
        case "get empty\n": "200 \n"
        default: "500 no\n"
        }
    }

    @Test func `given a socketmap server, every key has its answer, on one connection while that holds`() async throws {
        let server = try await TableServer(reply: Self.socketMap)
        let table = try SocketMapTable("inet:127.0.0.1:\(server.port):virtual", group: group)
        let expected = [
            "a@x": "one@y,two@z", "b@x": "<absent>", "spaced": "two  words ", "temp": "<unavailable>",
            "timeout": "<unavailable>", "perm": "<unavailable>", "odd": "<unavailable>", "empty": "<unavailable>",
        ]
        for (key, value) in expected.sorted(by: { $0.key < $1.key }) {
            #expect(await table.lookup(bytes(key)).outcome.text == value, "\(key)")
        }
        #expect(server.connections == 1)
        #expect(await table.lookup(bytes("garbage")).outcome.text == "<unavailable>")
        #expect(await table.lookup(bytes("a@x")).outcome.text == "one@y,two@z")
        #expect(server.connections == 2)
    }

    @Test func `given a server, postmap has the same values`() async throws {
        let folder = try TemporaryFolder()
        let maps = try await TableServer(reply: Self.socketMap)
        let map = try SocketMapTable("inet:127.0.0.1:\(maps.port):virtual", group: group)
        try await Postmap.compare(map, with: map.name, keys: ["a@x", "b@x", "spaced"], in: folder)
        let lines = try await TableServer(reply: Self.tcp)
        let tcp = try TCPTable("127.0.0.1:\(lines.port)", group: group)
        try await Postmap.compare(tcp, with: tcp.name, keys: ["a@x", "b@x", "a b%é"], in: folder)
    }

    @Test func `a Unix socket serves as well`() async throws {
        let folder = try TemporaryFolder()
        let server = try await TableServer(path: folder.path("s"), reply: Self.socketMap)
        let table = try SocketMapTable("unix:\(folder.path("s")):virtual", group: group)
        #expect(await table.lookup(bytes("a@x")).outcome.text == "one@y,two@z")
        #expect(server.connections == 1)
    }

    @Test func `given a tcp server, every key has its answer`() async throws {
        let server = try await TableServer(reply: Self.tcp)
        let table = try TCPTable("127.0.0.1:\(server.port)", group: group)
        let expected = [
            "a@x": "one@y,two@z", "b@x": "<absent>", "a b%é": "two words%", "temp": "<unavailable>",
            "odd": "<unavailable>", "bad": "<unavailable>", "empty": "<unavailable>",
        ]
        for (key, value) in expected.sorted(by: { $0.key < $1.key }) {
            #expect(await table.lookup(bytes(key)).outcome.text == value, "\(key)")
        }
        #expect(server.connections == 1)
    }

    @Test func `given a kept connection that the server closes, the question is put again on a new one`() async throws {
        let asked = Mutex(0)
        let server = try await TableServer { request in
            let count = asked.withLock { count in
                count += 1
                return count
            }
            return count == 2 ? nil : Self.tcp(request)
        }
        let table = try TCPTable("127.0.0.1:\(server.port)", group: group)
        for _ in 0..<3 { #expect(await table.lookup(bytes("a@x")).outcome.text == "one@y,two@z") }
        #expect(server.connections == 2)
    }

    @Test func `given a server that always closes, the answer is unavailable`() async throws {
        let server = try await TableServer { _ in nil }
        let table = try TCPTable("127.0.0.1:\(server.port)", group: group)
        #expect(await table.lookup(bytes("a@x")).outcome.text == "<unavailable>")
    }

    @Test func `given a server that says nothing, the answer is unavailable in time`() async throws {
        let server = try await TableServer { _ in "" }
        let limits = TableServerLimits(requestTimeout: .milliseconds(50))
        let table = try TCPTable("127.0.0.1:\(server.port)", group: group, limits: limits)
        #expect(await table.lookup(bytes("a@x")).outcome.text == "<unavailable>")
    }

    @Test func `given nobody who listens, the answer is unavailable`() async throws {
        let table = try TCPTable("127.0.0.1:\(LoopbackPort.free())", group: group)
        #expect(await table.lookup(bytes("a@x")).outcome.text == "<unavailable>")
    }

    @Test func `a reply beyond the bound is unavailable`() async throws {
        let line = "200 " + String(repeating: "x", count: TCPTable.maximumLine) + "\n"
        let lines = try await TableServer { _ in line }
        let tcp = try TCPTable("127.0.0.1:\(lines.port)", group: group)
        #expect(await tcp.lookup(bytes("a@x")).outcome.text == "<unavailable>")
        let maps = try await TableServer { _ in "100001:" }
        let map = try SocketMapTable("inet:127.0.0.1:\(maps.port):m", group: group)
        #expect(await map.lookup(bytes("a@x")).outcome.text == "<unavailable>")
    }

    @Test func `many lookups at once share a few connections, each with its own answer`() async throws {
        let server = try await TableServer { request in "200 for-\(request.dropFirst(4))" }
        let limits = TableServerLimits(connections: 3)
        let table = try TCPTable("127.0.0.1:\(server.port)", group: group, limits: limits)
        await withTaskGroup(of: Void.self) { tasks in
            for number in 0..<100 {
                tasks.addTask {
                    #expect(await table.lookup(bytes("k\(number)")).outcome.text == "for-k\(number)")
                }
            }
        }
        #expect(server.connections <= 3)
    }

    @Test func `a lookup that is cancelled while it waits ends`() async throws {
        let server = try await TableServer { _ in "" }
        let limits = TableServerLimits(requestTimeout: .seconds(3600), connections: 1)
        let table = try TCPTable("127.0.0.1:\(server.port)", group: group, limits: limits)
        await withTaskGroup(of: String.self) { tasks in
            for _ in 0..<3 { tasks.addTask { await table.lookup(bytes("k")).outcome.text } }
            tasks.cancelAll()
            for await text in tasks { #expect(text == "<unavailable>") }
        }
    }

    @Test(arguments: ["inet:host:0:m", "inet:host:m", "unix::m", "inet:host:25:", "file:/x:m", "", "inet:h:99999:m"])
    func `what names no socketmap server is a fault`(text: String) {
        #expect(throws: TableFault.self) { try SocketMapTable(text, group: group) }
    }

    @Test(arguments: ["host", "host:0", ":25", "host:x", ""])
    func `what names no tcp server is a fault`(text: String) {
        #expect(throws: TableFault.self) { try TCPTable(text, group: group) }
    }
}
