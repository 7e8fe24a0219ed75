package import Directory
package import NIOCore

/// `tcp:host:port`: a server is asked `get key` and answers `200 value`, `500` for no such key, `400` for "not now"
/// (tcp_table(5)).
package struct TCPTable: LookupTable {
    /// Octets of a request and of a reply, line end included.
    package static let maximumLine = 4096

    package let name: String
    package let location: SourceLocation?
    package var isPattern: Bool { true }

    private let client: TableServerClient

    /// - Parameter text: what follows `tcp:`.
    package init(
        _ text: String, group: any EventLoopGroup, limits: TableServerLimits = TableServerLimits(),
        location: SourceLocation? = nil
    ) throws(TableFault) {
        guard let address = TableServerAddress.inet(text[...]) else {
            throw TableFault("tcp:\(text): write tcp:host:port", at: location)
        }
        name = "tcp:" + text
        self.location = location
        client = TableServerClient(address, limits: limits, group: group) {
            (buffer) throws(TableServerFailure) -> [UInt8]? in
            guard let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else {
                guard buffer.readableBytes < Self.maximumLine else {
                    throw TableServerFailure(description: "a reply of more than \(Self.maximumLine) bytes")
                }
                return nil
            }
            let length = end - buffer.readerIndex
            guard length < Self.maximumLine else {
                throw TableServerFailure(description: "a reply of more than \(Self.maximumLine) bytes")
            }
            let line = buffer.readBytes(length: length) ?? []
            buffer.moveReaderIndex(forwardBy: 1)
            return line.last == UInt8(ascii: "\r") ? Array(line.dropLast()) : line
        }
    }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        guard LookupKey.isText(key) else { return answer(.absent, to: key) }
        let request = Array("get ".utf8) + Self.encoded(key) + [UInt8(ascii: "\n")]
        guard request.count <= Self.maximumLine else {
            return unavailable("the key is too long for the protocol", key)
        }
        do throws(TableServerFailure) {
            return answer(reply: try await client.ask(request), to: key)
        } catch {
            return unavailable("\(error)", key)
        }
    }

    private func answer(reply: [UInt8], to key: [UInt8]) -> Answer<[UInt8]> {
        let code = ASCIIText.text(reply.prefix(4))
        let text = Array(reply.dropFirst(4))
        switch code {
        case "200 ":
            guard let value = Self.decoded(text) else { return unavailable("the value is badly encoded", key) }
            return answer(.found(value), to: key)
        case "500 ": return answer(.absent, to: key)
        case "400 ": return unavailable(ASCIIText.text(Self.decoded(text) ?? text), key)
        default: return unavailable("the reply is neither 200, 400 nor 500", key)
        }
    }

    private func unavailable(_ text: String, _ key: [UInt8]) -> Answer<[UInt8]> {
        answer(.unavailable(UnavailableReason(.unreachable, "\(name): \(text)")), to: key)
    }

    /// `%XX` for `%`, white space, controls and what is not ASCII.
    static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return bytes.flatMap { byte in
            byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "%")
                ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }

    /// Nil for a `%` without two hexadecimal digits.
    static func decoded(_ bytes: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            result.append(high << 4 | low)
        }
        return result
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
