import Foundation
import MailModel
import Synchronization
import Testing

@testable import POP3

/// Dialogues in `Scripts/`: `C:` sends, `S:` expects, `C2:`/`S2:` are a second connection of the same user; `!delivery TEXT` is a
/// message from outside (with `\n` for line ends), `!remove UID` another program's doing, `!failure on`/`off` a store that can't.
/// An expected line that ends in `…` may go on in any way.
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
            let session = TestSession(
                account, secure: !script.hasPrefix("plain"),
                timestamp: script.hasPrefix("apop") ? TestSession.timestamp : nil)
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
        func perform(_ instruction: Substring) async {
            let words = instruction.split(separator: " ", maxSplits: 1)
            switch words.first {
            case "delivery": account.deliver(String(words[1]).replacing("\\n", with: "\r\n"))
            case "remove": account.remove(UInt32(words[1]) ?? 0)
            case "failure":
                let failure = words[1] == "on" ? MailboxFailure(.unavailable, "the test says so") : nil
                account.state.withLock { $0.failure = failure }
            case "outage": account.state.withLock { $0.isUnavailable = words[1] == "on" }
            case "tls": await session("").tls()
            case "lost":
                await session("").finish()
                sessions[""] = nil
            default: Issue.record("\(script): \(instruction)")
            }
        }

        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("!") {
                await check()
                await perform(line.dropFirst())
                continue
            }
            let colon = try #require(line.firstIndex(of: ":"), "\(script):\(index + 1)")
            let name = String(line[line.index(after: line.startIndex)..<colon])
            let content = String(line[line.index(after: colon)...].dropFirst())
            if line.hasPrefix("C") {
                await check()
                _ = session(name)
                outgoing[name, default: ""] += content + "\r\n"
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
        #expect(!account.state.withLock { $0.isLocked })
    }
}
