/// The Content-* fields of one header (RFC 2045, 2183, 1864, 3282, 2557), the first of each kind.
package struct MIMEContentFields: Hashable, Sendable {
    /// nil without a Content-Type. A broken one keeps what could be read of it.
    package var type: [UInt8]?
    package var subtype: [UInt8]?
    package var parameters: [MIMEParameter] = []
    package var transferEncoding: [UInt8]?
    package var identifier: [UInt8]?
    package var description: [UInt8]?
    package var md5: [UInt8]?
    package var disposition: [UInt8]?
    package var dispositionParameters: [MIMEParameter] = []
    package var languages: [[UInt8]]?
    package var location: [UInt8]?

    package init() {}

    package static func parse(
        _ bytes: Span<UInt8>, header: Range<Int>, limits: MIMELimits = .standard
    ) -> MIMEContentFields {
        var fields = MIMEContentFields()
        var scanner = HeaderFieldScanner(header, limits: limits)
        while let field = scanner.next(bytes) {
            guard field.name.count > 8, isContentField(field, bytes) else { continue }
            fields.take(field, bytes, limits: limits)
        }
        return fields
    }

    private static func isContentField(_ field: HeaderField, _ bytes: Span<UInt8>) -> Bool {
        HeaderField(name: field.name.lowerBound..<field.name.lowerBound + 8, value: field.value, whole: field.whole)
            .isNamed("Content-", in: bytes)
    }

    private mutating func take(_ field: HeaderField, _ bytes: Span<UInt8>, limits: MIMELimits) {
        if type == nil, field.isNamed("Content-Type", in: bytes) {
            (type, subtype, parameters) = Self.contentType(field.rawValue(in: bytes, limits: limits), limits: limits)
        } else if transferEncoding == nil, field.isNamed("Content-Transfer-Encoding", in: bytes) {
            takeTransferEncoding(field.rawValue(in: bytes, limits: limits))
        } else if identifier == nil, field.isNamed("Content-ID", in: bytes) {
            identifier = field.text(in: bytes, limits: limits)
        } else if description == nil, field.isNamed("Content-Description", in: bytes) {
            description = field.text(in: bytes, limits: limits)
        } else if md5 == nil, field.isNamed("Content-MD5", in: bytes) {
            md5 = field.text(in: bytes, limits: limits)
        } else if dispositionParameters.isEmpty, field.isNamed("Content-Disposition", in: bytes) {
            takeDisposition(field.rawValue(in: bytes, limits: limits), limits: limits)
        } else if languages == nil, field.isNamed("Content-Language", in: bytes) {
            takeLanguages(field.rawValue(in: bytes, limits: limits))
        } else if location == nil, field.isNamed("Content-Location", in: bytes) {
            location = field.text(in: bytes, limits: limits)
        }
    }

    /// content := "Content-Type" ":" type "/" subtype *(";" parameter)
    static func contentType(
        _ value: [UInt8], limits: MIMELimits
    ) -> (type: [UInt8], subtype: [UInt8], parameters: [MIMEParameter]) {
        var reader = StructuredFieldReader(value)
        var type: [UInt8] = []
        var subtype: [UInt8] = []
        guard reader.skipWhiteSpace() == .more, reader.mimeToken(into: &type) == .more, !type.isEmpty else {
            return (type, subtype, [])
        }
        guard reader.current == UInt8(ascii: "/") else { return ([], [], []) }
        reader.advance()
        guard reader.skipWhiteSpace() == .more, reader.mimeToken(into: &subtype) != .malformed, !subtype.isEmpty,
            reader.current == nil || reader.current == UInt8(ascii: ";")
        else { return ([], [], []) }
        return (type, subtype, reader.parameters(limits: limits))
    }

    private mutating func takeTransferEncoding(_ value: [UInt8]) {
        var reader = StructuredFieldReader(value)
        _ = reader.skipWhiteSpace()
        var token: [UInt8] = []
        guard reader.mimeToken(into: &token) == .end, !token.isEmpty else { return }
        transferEncoding = token
    }

    private mutating func takeDisposition(_ value: [UInt8], limits: MIMELimits) {
        var reader = StructuredFieldReader(value)
        _ = reader.skipWhiteSpace()
        var token: [UInt8] = []
        guard reader.mimeToken(into: &token) != .malformed else { return }
        disposition = token
        dispositionParameters = reader.parameters(limits: limits)
    }

    /// Language-List = Language-Tag *("," Language-Tag)
    private mutating func takeLanguages(_ value: [UInt8]) {
        var reader = StructuredFieldReader(value)
        _ = reader.skipWhiteSpace()
        var tags: [[UInt8]] = []
        while tags.count < 64 {
            var tag: [UInt8] = []
            guard reader.atom(into: &tag) != .malformed else { break }
            tags.append(tag)
            guard reader.current == UInt8(ascii: ",") else { break }
            reader.advance()
            _ = reader.skipWhiteSpace()
        }
        if !tags.isEmpty { languages = tags }
    }

    package func isText() -> Bool {
        guard let type else { return true }
        return ASCII.equalIgnoringCase(type, "text".utf8)
    }

    /// The value of a Content-Type parameter.
    package func parameter(_ name: String) -> [UInt8]? {
        parameters.first { ASCII.equalIgnoringCase($0.name, name.utf8) }?.value
    }
}
