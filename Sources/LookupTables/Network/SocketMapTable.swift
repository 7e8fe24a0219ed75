package import Directory
package import NIOCore

/// `socketmap:inet:host:port:name`, `socketmap:unix:path:name`: a server is asked for `name key` and answers `OK value`,
/// `NOTFOUND`, `TEMP`, `TIMEOUT` or `PERM`, each a netstring (socketmap_table(5)).
package struct SocketMapTable: LookupTable {
    /// Octets of a reply.
    package static let maximumReply = 100_000

    package let name: String
    package let location: SourceLocation?
    package var isPattern: Bool { true }

    private let client: TableServerClient
    private let map: [UInt8]

    /// - Parameter text: what follows `socketmap:`.
    package init(
        _ text: String, group: any EventLoopGroup, limits: TableServerLimits = TableServerLimits(),
        location: SourceLocation? = nil
    ) throws(TableFault) {
        guard let (address, map) = Self.parse(text) else {
            throw TableFault(
                "socketmap:\(text): write socketmap:inet:host:port:name or socketmap:unix:/path:name", at: location)
        }
        name = "socketmap:" + text
        self.location = location
        self.map = map
        client = TableServerClient(address, limits: limits, group: group) {
            (buffer) throws(TableServerFailure) -> [UInt8]? in
            try Self.netstring(&buffer)
        }
    }

    private static func parse(_ text: String) -> (TableServerAddress, [UInt8])? {
        guard let last = text.lastIndex(of: ":"), let first = text.firstIndex(of: ":"), first < last else { return nil }
        let map = Array(text[text.index(after: last)...].utf8)
        let place = text[text.index(after: first)..<last]
        guard !map.isEmpty, !place.isEmpty, !map.contains(UInt8(ascii: " ")) else { return nil }
        switch text[..<first] {
        case "inet": return TableServerAddress.inet(place).map { ($0, map) }
        case "unix": return (.unix(path: String(place)), map)
        default: return nil
        }
    }

    /// `length:octets,`
    private static func netstring(_ buffer: inout ByteBuffer) throws(TableServerFailure) -> [UInt8]? {
        let view = buffer.readableBytesView
        let digits = view.prefix { ASCIIText.isDigit($0) }
        guard digits.count <= 6 else { throw TableServerFailure(description: "the reply is no netstring") }
        guard digits.count < view.count else { return nil }
        guard let length = Int(ASCIIText.text(digits)), view[digits.endIndex] == UInt8(ascii: ":") else {
            throw TableServerFailure(description: "the reply is no netstring")
        }
        guard length <= maximumReply else {
            throw TableServerFailure(description: "a reply of more than \(maximumReply) bytes")
        }
        guard view.count >= digits.count + 1 + length + 1 else { return nil }
        buffer.moveReaderIndex(forwardBy: digits.count + 1)
        guard let octets = buffer.readBytes(length: length), buffer.readInteger(as: UInt8.self) == UInt8(ascii: ",")
        else { throw TableServerFailure(description: "the reply is no netstring") }
        return octets
    }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        guard LookupKey.isText(key) else { return answer(.absent, to: key) }
        let body = map + [UInt8(ascii: " ")] + key
        guard body.count <= Self.maximumReply else { return unavailable("the key is too long", key) }
        let request = Array("\(body.count):".utf8) + body + [UInt8(ascii: ",")]
        do throws(TableServerFailure) {
            return answer(reply: try await client.ask(request), to: key)
        } catch {
            return unavailable("\(error)", key)
        }
    }

    private func answer(reply: [UInt8], to key: [UInt8]) -> Answer<[UInt8]> {
        let word = reply.prefix { $0 != UInt8(ascii: " ") }
        let text = Array(reply.dropFirst(word.count + 1))
        switch ASCIIText.text(word) {
        case "OK": return answer(.found(text), to: key)
        case "NOTFOUND": return answer(.absent, to: key)
        case "TEMP", "TIMEOUT", "PERM": return unavailable("\(ASCIIText.text(reply))", key)
        default: return unavailable("the reply is none of OK, NOTFOUND, TEMP, TIMEOUT and PERM", key)
        }
    }

    private func unavailable(_ text: String, _ key: [UInt8]) -> Answer<[UInt8]> {
        answer(.unavailable(UnavailableReason(.unreachable, "\(name): \(text)")), to: key)
    }
}
