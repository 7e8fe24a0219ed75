import Foundation
import MailModel
import Synchronization
import Testing

@testable import IMAP

/// Dialogues in `Scripts/`: `C:` sends, `S:` expects, `C2:`/`S2:` are a second session of the same user, `!delivery TEXT`
/// a message from outside (with `\n` for line ends). An expected line that ends in `…` may go on in any way.
@Suite struct ScriptTests {
    enum Feeding: String, CaseIterable {
        case whole
        case byteByByte
    }

    static let scripts: [String] = {
        let folder = Bundle.module.url(forResource: "Scripts", withExtension: nil)
        let names = folder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0.path) } ?? []
        return names.filter { $0.hasSuffix(".txt") }.sorted()
    }()

    @Test func `there are scripts`() {
        #expect(Self.scripts.count >= 5)
    }

    @Test(arguments: scripts, Feeding.allCases)
    func `the dialogue goes as written`(_ script: String, _ feeding: Feeding) async throws {
        let folder = try #require(Bundle.module.url(forResource: "Scripts", withExtension: nil))
        let text = try String(contentsOf: folder.appendingPathComponent(script), encoding: .utf8)
        let account = MemoryAccount()
        var sessions: [String: TestSession] = [:]
        var outgoing: [String: String] = [:]
        var expected: (session: String, lines: [(number: Int, text: String)])?

        func session(_ name: String) -> TestSession {
            if let session = sessions[name] { return session }
            let session = TestSession(account, secure: !script.hasPrefix("plain"))
            sessions[name] = session
            return session
        }
        func flush(_ name: String) async {
            guard let text = outgoing.removeValue(forKey: name) else { return }
            switch feeding {
            case .whole: await session(name).send(text.utf8)
            case .byteByByte: for byte in text.utf8 { await session(name).send([byte]) }
            }
        }
        func check() async {
            guard let (name, lines) = expected else { return }
            expected = nil
            for session in sessions.values { await session.deliverNews() }
            let output = session(name).takeOutput()
            let actual = output.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
                .dropLast()
            for (place, line) in lines.enumerated() {
                let found = place < actual.count ? String(actual[actual.startIndex + place]) : "(nothing)"
                let matches =
                    line.text.hasSuffix("…") ? found.hasPrefix(String(line.text.dropLast())) : found == line.text
                if !matches { Issue.record("\(script):\(line.number): expected \(line.text)\n  got \(found)") }
            }
            if actual.count > lines.count {
                Issue.record("\(script):\(lines.last?.number ?? 0): unexpected \(actual.dropFirst(lines.count))")
            }
        }

        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("!delivery ") {
                await check()
                let message = line.dropFirst("!delivery ".count).replacing("\\n", with: "\r\n")
                _ = try account.deliver(String(message))
                continue
            }
            if line == "!tls" {
                await check()
                await session("").tls()
                continue
            }
            let colon = try #require(line.firstIndex(of: ":"), "\(script):\(index + 1)")
            let name = String(line[line.index(after: line.startIndex)..<colon])
            let content = String(line[line.index(after: colon)...].dropFirst())
            if line.hasPrefix("C") {
                await check()
                outgoing[name, default: ""] += content.replacing("\\r", with: "\r") + "\r\n"
            } else {
                for name in outgoing.keys { await flush(name) }
                if expected?.session != name { await check() }
                _ = session(name)
                if expected == nil { expected = (name, []) }
                expected?.lines.append((index + 1, content))
            }
        }
        for name in outgoing.keys { await flush(name) }
        await check()
        for (name, session) in sessions {
            #expect(session.takeOutput() == "", "\(script): session \(name) said more")
            await session.finish()
        }
        #expect(account.state.withLock { $0.openMailboxes } == 0)
        #expect(account.state.withLock { $0.openAppends } == 0)
    }
}
