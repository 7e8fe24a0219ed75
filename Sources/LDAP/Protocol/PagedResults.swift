import NIOCore

/// The simple paged results control (RFC 2696).
///
///     realSearchControlValue ::= SEQUENCE { size INTEGER (0..maxInt), cookie OCTET STRING }
public struct PagedResults: Hashable, Sendable {
    public static let controlType = "1.2.840.113556.1.4.319"

    /// In a request, entries per page; in a response, the server's guess of all entries, or 0.
    public var size: Int
    /// Empty in the first request and in the last response.
    public var cookie: [UInt8]

    public init(size: Int, cookie: [UInt8] = []) {
        self.size = size
        self.cookie = cookie
    }

    /// The control to send with a search.
    public func control(isCritical: Bool = true) -> LDAPControl {
        var writer = BERWriter(ByteBuffer())
        writer.element(BERTag.sequence) { writer in
            writer.integer(size)
            writer.octets(cookie)
        }
        return LDAPControl(
            type: Self.controlType, isCritical: isCritical, value: Array(writer.buffer.readableBytesView))
    }

    /// The control among those of a search's result; nil if the server sent none.
    public init?(in controls: [LDAPControl]) throws(LDAPDecodingError) {
        guard let control = controls.first(where: { $0.type == Self.controlType }) else { return nil }
        guard let value = control.value else { throw LDAPDecodingError(.badValue("the paged results control")) }
        let result = value.withUnsafeBytes { bytes -> Result<PagedResults, LDAPDecodingError> in
            do throws(LDAPDecodingError) {
                var reader = BERReader(bytes)
                var content = try reader.element(BERTag.sequence)
                return .success(PagedResults(size: try content.integer(), cookie: try content.octets()))
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }
}
