import Foundation
import PostroomServer
import PostroomTesting

/// The configurations of docs/forwarding.md, with what a test has in place of the world: a slapd, and a next hop on this machine.
enum ForwardingPage {
    static func configuration(_ number: Int, slapd: Slapd?, sink: MessageSink?) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/forwarding.md"), encoding: .utf8)
        let blocks = page.components(separatedBy: "```yaml\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        guard blocks.indices.contains(number) else { throw TestFailure(description: "the page has no block \(number)") }
        var text = blocks[number]
        if let slapd {
            text = text.replacing("ldap://ldap.example.org", with: slapd.url).replacing("  start_tls: yes\n", with: "")
        }
        if let sink {
            text = text.replacing(
                "outgoing: {", with: "outgoing: {relay_host: \"\(sink.nextHop)\", tls: none, ")
        }
        return text
    }

    static let files = [
        "directory.password": "pass1234\n", "srs.secret": "a long random word\n",
        "aliases": "info@example.org dora@mailbox.example\n",
    ]

    static let listeners = "listeners: {smtp: \"127.0.0.1:0\", submission: \"127.0.0.1:0\"}"

    static func serving<Value: Sendable>(
        _ body: (TestSite, MessageSink, Slapd) async throws -> Value
    ) async throws -> Value {
        try await Slapd.withServer(.dmsForwardOnly) { slapd in
            try await MessageSink.running { sink in
                try await ConfiguredSite.serving(
                    try configuration(0, slapd: slapd, sink: sink), listeners, files: files
                ) { site in try await body(site, sink, slapd) }
            }
        }
    }
}
