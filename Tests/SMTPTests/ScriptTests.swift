import NIOCore
import Net
import PostroomTesting
import Testing

@testable import SMTP

/// Every script of `Scripts/`, in process and on a socket.
struct ScriptTests {
    @Test func `there are scripts, and all can be read`() {
        #expect(Script.all.count >= 12)
        #expect(Script.all.allSatisfy { !$0.steps.isEmpty })
    }

    @Test(arguments: Script.all, [Int.max, 1, 7])
    func `the engine keeps to the script, however its input is cut`(script: Script, pieces: Int) async throws {
        var session = await InProcessSession(script.profile.options, CannedServices())
        for step in script.steps {
            switch step {
            case .send(let bytes): await session.send(bytes, inPiecesOf: pieces)
            case .expect(let line): try #require(session.line() == line)
            case .startTLS:
                try #require(session.wantsTLS)
                await session.establishTLS()
            case .closed: #expect(session.isClosed)
            }
        }
        #expect(session.answers() == "")
        #expect(session.isClosed == (script.steps.last == .closed))
    }

    @Test(arguments: Script.all)
    func `a server on a socket keeps to the script`(script: Script) async throws {
        let server = try await TestServer(script.profile.options)
        let client = try await TestConnection(port: server.port)
        for step in script.steps {
            switch step {
            // The server may have closed already; what it said before still counts.
            case .send(let bytes): try? await client.send(bytes)
            case .expect(let line): try #require(try await client.line() == line)
            case .startTLS: try await client.startTLS(server.clientTLS)
            case .closed: #expect(try await client.rest() == "")
            }
        }
        try await client.close()
        await server.stop()
        #expect(!server.services.hasOpenTransaction)
    }
}
