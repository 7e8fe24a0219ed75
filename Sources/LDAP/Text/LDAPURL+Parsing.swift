/// Why a text is no LDAP URL.
public struct LDAPURLSyntaxError: Error, Hashable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        case badScheme
        case badHost
        case badPort(String)
        case badEncoding
        case badBase(DistinguishedNameSyntaxError)
        case badAttribute(String)
        case badScope(String)
        case badFilter(LDAPFilterSyntaxError)
        case badExtension
        case tooManyParts
        case tooLong(maximum: Int)
    }

    public var url: String
    public var reason: Reason

    public init(_ reason: Reason, url: String) {
        self.reason = reason
        self.url = url
    }

    public var description: String { "bad LDAP URL '\(url)': \(reason.text)" }
}

extension LDAPURLSyntaxError.Reason {
    fileprivate var text: String {
        switch self {
        case .badScheme: "it must begin with ldap://, ldaps:// or ldapi://"
        case .badHost: "the host is not a name or an address (IPv6 in brackets; the path of a socket with %2F for '/')"
        case .badPort(let text): "'\(text)' is no port from 1 to 65535"
        case .badEncoding: "a '%' must be followed by two hexadecimal digits, and the whole must be UTF-8"
        case .badBase(let error): error.description
        case .badAttribute(let text): "'\(text)' is no attribute name"
        case .badScope(let text): "the scope '\(text)' is none of base, one, sub"
        case .badFilter(let error): error.description
        case .badExtension: "an extension is written 'name', 'name=value' or '!name=value'"
        case .tooManyParts: "there are more than four '?'"
        case .tooLong(let maximum): "it is longer than \(maximum) bytes"
        }
    }
}

extension LDAPURL {
    /// Bytes of text that are read at most.
    public static let maximumTextLength = 65_536

    /// ldapurl = scheme COLON SLASH SLASH [host [COLON port]] [SLASH dn [QUESTION [attributes] [QUESTION [scope]
    ///     [QUESTION [filter] [QUESTION extensions]]]]]
    public init(parsing text: String) throws(LDAPURLSyntaxError) {
        do {
            try self.init(Array(text.utf8))
        } catch {
            throw LDAPURLSyntaxError(error.reason, url: String(text.prefix(200)))
        }
    }

    public init(parsing bytes: some Sequence<UInt8>) throws(LDAPURLSyntaxError) {
        try self.init(parsing: String(decoding: Array(bytes), as: UTF8.self))
    }

    private struct Fault: Error {
        var reason: LDAPURLSyntaxError.Reason
    }

    private init(_ bytes: [UInt8]) throws(Fault) {
        guard bytes.count <= Self.maximumTextLength else {
            throw Fault(reason: .tooLong(maximum: Self.maximumTextLength))
        }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8),
            let scheme = Scheme(rawValue: String(decoding: bytes[..<colon], as: UTF8.self).lowercased())
        else { throw Fault(reason: .badScheme) }
        let rest = bytes[(colon + 3)...]
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        let path = rest.dropFirst(authority.count)
        let (host, port) = try Self.parseAuthority(authority, scheme: scheme)
        self.init(scheme: scheme, host: host, port: port)

        guard path.first != UInt8(ascii: "?") else { throw Fault(reason: .badHost) }
        let parts = path.dropFirst().split(separator: UInt8(ascii: "?"), omittingEmptySubsequences: false)
        guard parts.count <= 5 else { throw Fault(reason: .tooManyParts) }
        func part(_ index: Int) -> ArraySlice<UInt8> { index < parts.count ? parts[index] : [] }
        base = try Self.decode(part(0))
        do { _ = try DistinguishedName(parsing: base) } catch { throw Fault(reason: .badBase(error)) }
        for item in part(1).split(separator: UInt8(ascii: ",")) {
            attributes.append(try Self.parseAttribute(item))
        }
        scope = try Self.parseScope(part(2))
        if !part(3).isEmpty {
            let text = try Self.decode(part(3))
            do { filter = try LDAPFilter(parsing: text) } catch { throw Fault(reason: .badFilter(error)) }
        }
        for item in part(4).split(separator: UInt8(ascii: ",")) {
            extensions.append(try Self.parseExtension(item))
        }
    }

    private static func decode(_ text: ArraySlice<UInt8>) throws(Fault) -> String {
        guard let bytes = PercentEncoding.decode(text), let string = String(validating: bytes, as: UTF8.self) else {
            throw Fault(reason: .badEncoding)
        }
        return string
    }

    private static func parseAuthority(
        _ authority: ArraySlice<UInt8>, scheme: Scheme
    ) throws(Fault) -> (host: String, port: Int?) {
        if scheme == .ldapi {
            let path = try decode(authority)
            guard path.isEmpty || path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0) else {
                throw Fault(reason: .badHost)
            }
            return (path, nil)
        }
        var host = authority.prefix { $0 != UInt8(ascii: ":") }
        var rest = authority.dropFirst(host.count)
        if authority.first == UInt8(ascii: "[") {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { throw Fault(reason: .badHost) }
            host = authority[(authority.startIndex + 1)..<end]
            rest = authority[(end + 1)...]
            guard host.contains(UInt8(ascii: ":")) else { throw Fault(reason: .badHost) }
        }
        let name = try decode(host)
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !"/@[]\\".utf8.contains($0) }) else {
            throw Fault(reason: .badHost)
        }
        guard let colon = rest.popFirst() else { return (name, nil) }
        guard colon == UInt8(ascii: ":") else { throw Fault(reason: .badHost) }
        guard !rest.isEmpty else { return (name, nil) }
        let text = String(decoding: rest, as: UTF8.self)
        guard rest.allSatisfy(\.isASCIIDigit), let port = UInt16(text), port > 0 else {
            throw Fault(reason: .badPort(text))
        }
        return (name, Int(port))
    }

    private static func parseAttribute(_ item: ArraySlice<UInt8>) throws(Fault) -> String {
        let name = try decode(item)
        guard name == "*" || name == "+" || AttributeDescription.isWellFormed(Array(name.utf8)) else {
            throw Fault(reason: .badAttribute(name))
        }
        return name
    }

    private static func parseScope(_ text: ArraySlice<UInt8>) throws(Fault) -> SearchScope? {
        let word = String(decoding: text, as: UTF8.self)
        switch word.lowercased() {
        case "": return nil
        case "base": return .base
        case "one", "onelevel": return .one
        case "sub", "subtree": return .sub
        default: throw Fault(reason: .badScope(word))
        }
    }

    /// extension = [EXCLAMATION] extype [EQUALS exvalue]
    private static func parseExtension(_ item: ArraySlice<UInt8>) throws(Fault) -> Extension {
        let isCritical = item.first == UInt8(ascii: "!")
        let body = isCritical ? item.dropFirst() : item
        let type = body.prefix { $0 != UInt8(ascii: "=") }
        let value = body.dropFirst(type.count)
        guard !type.isEmpty else { throw Fault(reason: .badExtension) }
        return Extension(
            type: try decode(type), value: value.isEmpty ? nil : try decode(value.dropFirst()), isCritical: isCritical)
    }
}
