import LDAP

/// Gathers the values that Active Directory gives in parts: `member;range=0-1499`, and the rest when asked for
/// `member;range=1500-*` (MS-ADTS 3.1.1.3.1.3.3).
enum RangedAttributes {
    /// The entries with every such attribute whole, under its plain name.
    static func completed(
        _ entries: [LDAPEntry], search: (SearchRequest) async throws -> [LDAPEntry]
    ) async throws -> [LDAPEntry] {
        guard entries.contains(where: { $0.attributes.contains { range(of: $0.description) != nil } }) else {
            return entries
        }
        var entries = entries
        for entry in entries.indices {
            for index in entries[entry].attributes.indices {
                let attribute = entries[entry].attributes[index]
                guard let range = range(of: attribute.description) else { continue }
                entries[entry].attributes[index] = try await whole(
                    attribute, range, of: entries[entry].name, search: search)
            }
            // The server may send an empty plain attribute beside the one with the range.
            entries[entry].attributes = merged(entries[entry].attributes)
        }
        return entries
    }

    private struct Range {
        var plainName: String
        /// Nil for `*`: this is the last part.
        var last: Int?
    }

    /// Parts of one attribute; at a thousand values each, far more members than any group has.
    private static let maximumParts = 10_000

    private static func range(of description: AttributeDescription) -> Range? {
        guard description.hasOptions else { return nil }
        let parts = description.spelling.split(separator: ";")
        guard let option = parts.first(where: { $0.lowercased().hasPrefix("range=") }) else { return nil }
        let bounds = option.dropFirst("range=".count).split(separator: "-")
        guard bounds.count == 2 else { return nil }
        return Range(
            plainName: parts.filter { $0 != option }.joined(separator: ";"),
            last: bounds[1] == "*" ? nil : Int(bounds[1]))
    }

    private static func whole(
        _ attribute: LDAPAttribute, _ first: Range, of name: String,
        search: (SearchRequest) async throws -> [LDAPEntry]
    ) async throws -> LDAPAttribute {
        var values = attribute.values
        var last = first.last
        var parts = 1
        while let end = last {
            parts += 1
            guard parts <= maximumParts else { throw incomplete(first.plainName, name) }
            let request = SearchRequest(
                base: name, scope: .base, filter: .present("objectClass"),
                attributes: ["\(first.plainName);range=\(end &+ 1)-*"])
            let next = try await answer(request, first.plainName, search: search).first?.attributes.lazy.compactMap {
                part in
                range(of: part.description).map { (part, $0) }
            }.first
            guard let (part, range) = next, range.last.map({ $0 > end }) ?? true else {
                throw incomplete(first.plainName, name)
            }
            values += part.values
            last = range.last
        }
        return LDAPAttribute(AttributeDescription(first.plainName), values)
    }

    /// An entry that vanished before its last part is no answer to the search that had found it: a "no such object" from
    /// here must not pass for that search's own.
    private static func answer(
        _ request: SearchRequest, _ attribute: String, search: (SearchRequest) async throws -> [LDAPEntry]
    ) async throws -> [LDAPEntry] {
        do {
            return try await search(request)
        } catch let error as LDAPError where error.code == .result(.noSuchObject) {
            throw incomplete(attribute, request.base)
        }
    }

    private static func incomplete(_ attribute: String, _ name: String) -> LDAPError {
        LDAPError(
            .protocolViolation, server: "", text: "the server doesn't give the rest of \(attribute) of '\(name)'")
    }

    private static func merged(_ attributes: [LDAPAttribute]) -> [LDAPAttribute] {
        var merged: [LDAPAttribute] = []
        for attribute in attributes {
            if let index = merged.firstIndex(where: { $0.description == attribute.description }) {
                merged[index].values += attribute.values
            } else {
                merged.append(attribute)
            }
        }
        return merged
    }
}
