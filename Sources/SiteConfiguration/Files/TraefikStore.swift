import SASL
import Yams

/// Traefik's `acme.json`: the certificates that it had made, each with its key, in Base64 within JSON. They are used where
/// they stand and never written anywhere else.
package struct TraefikStore: Sendable {
    /// A certificate in such a file, in place of a PEM file's path: `/etc/letsencrypt/acme.json#mail.example.org`.
    package struct Reference: Hashable, Sendable, CustomStringConvertible {
        package let file: String
        /// The certificate's main name or one of its others; `*.example.org` too.
        package let name: String

        package init(file: String, name: String) {
            self.file = file
            self.name = name
        }

        /// Nil for a path of any other file.
        package init?(_ path: String) {
            guard let mark = path.lastIndex(of: "#"), path[..<mark].hasSuffix(".json") else { return nil }
            let name = path[path.index(after: mark)...]
            guard !name.isEmpty, !name.contains("/") else { return nil }
            self.init(file: String(path[..<mark]), name: String(name))
        }

        package var description: String { "\(file)#\(name)" }
    }

    /// Both in PEM form.
    package struct Pair: Sendable {
        /// The server's own certificate, then the intermediate ones.
        package var chain: [UInt8]
        package var key: [UInt8]
    }

    private var certificates: [(names: [String], pair: Pair)] = []

    /// Some thousand certificates.
    private static let maximumSize = 32 << 20

    /// Nil for what is no such file. Entries that hold no certificate are passed over.
    package init?(_ contents: [UInt8]) {
        // JSON is YAML.
        guard contents.count <= Self.maximumSize, let text = String(validating: contents, as: UTF8.self),
            let root = try? Yams.compose(yaml: text)?.mapping
        else { return nil }
        // Each resolver has a store of its own; before version 2 the file was one.
        let stores = [root] + root.compactMap { $0.value.mapping }
        for store in stores {
            for entry in Self.value(store, "Certificates")?.sequence ?? [] {
                guard let entry = entry.mapping, let certificate = Self.certificate(entry) else { continue }
                certificates.append(certificate)
            }
        }
    }

    package func pair(for name: String) -> Pair? {
        let name = name.lowercased()
        return certificates.first { $0.names.contains(name) }?.pair
    }

    private static func certificate(_ entry: Node.Mapping) -> (names: [String], pair: Pair)? {
        guard let domain = value(entry, "domain")?.mapping,
            let chain = value(entry, "certificate")?.string.flatMap({ Base64.decode(Array($0.utf8)) }),
            let key = value(entry, "key")?.string.flatMap({ Base64.decode(Array($0.utf8)) })
        else { return nil }
        let names = [value(domain, "main")] + (value(domain, "sans")?.sequence.map { $0.map { $0 } } ?? [])
        return (names.compactMap { $0?.string?.lowercased() }, Pair(chain: chain, key: key))
    }

    /// Versions differ in the case of their keys.
    private static func value(_ mapping: Node.Mapping, _ key: String) -> Node? {
        mapping.first { $0.key.string?.lowercased() == key.lowercased() }?.value
    }
}
