import Foundation

/// A written dialogue. Lines of a script:
///
///     profile NAME      the service it talks to
///     C: text           the client sends the line, CRLF behind it
///     C+ text           the client sends exactly this
///     S: text           the server's next line
///     TLS               the handshake that STARTTLS asked for
///     CLOSED            the server has nothing more to say and closes
///     # text            a comment
///
/// In client lines `\r`, `\n`, `\0`, `\\` and `\xHH` stand for octets, and `{N*TEXT}` for N times TEXT.
struct Script: CustomStringConvertible, Sendable {
    enum Step: Equatable {
        case send([UInt8])
        case expect(String)
        case startTLS
        case closed
    }

    let name: String
    let profile: Profile
    let steps: [Step]

    var description: String { name }

    static let all: [Script] = {
        let folder = Bundle.module.resourceURL?.appendingPathComponent("Scripts")
        let files = folder.flatMap {
            try? FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)
        }
        return (files ?? []).filter { $0.pathExtension == "txt" }.sorted { $0.path < $1.path }.compactMap { Script($0) }
    }()

    init?(_ file: URL) {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
        name = file.deletingPathExtension().lastPathComponent
        var profile = Profile.mx
        var steps: [Step] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            let rest = String(line.dropFirst(3))
            if line.hasPrefix("#") { continue }
            if line.hasPrefix("profile ") {
                guard let named = Profile(rawValue: String(line.dropFirst(8))) else { return nil }
                profile = named
            } else if line.hasPrefix("C:") {
                steps.append(.send(Self.octets(rest) + [0x0D, 0x0A]))
            } else if line.hasPrefix("C+") {
                steps.append(.send(Self.octets(rest)))
            } else if line.hasPrefix("S:") {
                steps.append(.expect(rest))
            } else if line == "TLS" {
                steps.append(.startTLS)
            } else if line == "CLOSED" {
                steps.append(.closed)
            } else {
                return nil
            }
        }
        self.profile = profile
        self.steps = steps
    }

    static func octets(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        var rest = Substring(text)
        while let character = rest.popFirst() {
            switch character {
            case "\\":
                switch rest.popFirst() {
                case "r": result.append(0x0D)
                case "n": result.append(0x0A)
                case "0": result.append(0)
                case "x":
                    result.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
                    rest = rest.dropFirst(2)
                case let other?: result += String(other).utf8
                case nil: break
                }
            case "{":
                guard let end = rest.firstIndex(of: "}"), let star = rest[..<end].firstIndex(of: "*"),
                    let count = Int(rest[..<star])
                else { continue }
                for _ in 0..<count { result += octets(String(rest[rest.index(after: star)..<end])) }
                rest = rest[rest.index(after: end)...]
            default: result += String(character).utf8
            }
        }
        return result
    }
}
