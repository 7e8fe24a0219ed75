import Directory
import Yams

/// A node of a configuration document that knows where it was written and its path (`directory.bind.dn`).
struct ConfigurationNode {
    indirect enum Content {
        case null
        case scalar(String)
        case list([ConfigurationNode])
        case mapping([Entry])
    }

    struct Entry {
        var key: String
        var keyLocation: SourceLocation
        var value: ConfigurationNode
    }

    var content: Content
    var location: SourceLocation
    var path: String

    /// Nesting beyond this is refused, so that no file can exhaust the stack.
    static let maximumDepth = 16

    var scalar: String? {
        if case .scalar(let text) = content { text } else { nil }
    }

    var elements: [ConfigurationNode]? {
        if case .list(let elements) = content { elements } else { nil }
    }

    var entries: [Entry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    var isNull: Bool {
        if case .null = content { true } else { false }
    }

    /// Reads a YAML document. Throws a fault that names file and line.
    static func parse(_ text: String, file: String) throws(ConfigurationFaults) -> ConfigurationNode {
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw ConfigurationFaults([fault(for: error, file: file)])
        } catch {
            throw ConfigurationFaults([
                ConfigurationFault(.error, at: SourceLocation(file: file), "\(error)", remedy: "mend the YAML")
            ])
        }
        guard let node else { return ConfigurationNode(content: .null, location: SourceLocation(file: file), path: "") }
        return try convert(node, file: file, path: "", depth: 0)
    }

    private static func convert(
        _ node: Node, file: String, path: String, depth: Int
    ) throws(ConfigurationFaults) -> ConfigurationNode {
        let location = SourceLocation(file: file, line: node.mark?.line)
        guard depth < maximumDepth else {
            throw ConfigurationFaults([
                ConfigurationFault(.error, at: location, "\(path) is nested too deeply", remedy: "flatten it")
            ])
        }
        switch node {
        case .scalar(let scalar):
            let content: Content = node.null != nil ? .null : .scalar(scalar.string)
            return ConfigurationNode(content: content, location: location, path: path)
        case .sequence(let sequence):
            var elements: [ConfigurationNode] = []
            for (index, element) in sequence.enumerated() {
                elements.append(try convert(element, file: file, path: "\(path)[\(index)]", depth: depth + 1))
            }
            return ConfigurationNode(content: .list(elements), location: location, path: path)
        case .mapping(let mapping):
            var entries: [Entry] = []
            for (key, value) in mapping {
                let name = key.scalar?.string ?? "?"
                let valuePath = path.isEmpty ? name : "\(path).\(name)"
                entries.append(
                    Entry(
                        key: name, keyLocation: SourceLocation(file: file, line: key.mark?.line),
                        value: try convert(value, file: file, path: valuePath, depth: depth + 1)))
            }
            return ConfigurationNode(content: .mapping(entries), location: location, path: path)
        case .alias(let alias):
            throw ConfigurationFaults([
                ConfigurationFault(
                    .error, at: location, "\(path): the YAML alias \(alias.anchor.rawValue) can't be used here",
                    remedy: "write the value out")
            ])
        }
    }

    /// What this document says, and what `defaults` says where this one is silent; mappings are merged key by key.
    func merged(over defaults: ConfigurationNode) -> ConfigurationNode {
        guard let own = entries, let other = defaults.entries else { return isNull ? defaults : self }
        var result: [Entry] = []
        for entry in other {
            if let mine = own.first(where: { $0.key == entry.key }) {
                var merged = mine
                merged.value = mine.value.merged(over: entry.value)
                result.append(merged)
            } else {
                result.append(entry)
            }
        }
        result += own.filter { entry in !other.contains { $0.key == entry.key } }
        var node = self
        node.content = .mapping(result)
        return node
    }

    private static func fault(for error: YamlError, file: String) -> ConfigurationFault {
        func at(_ mark: Mark, _ problem: String) -> ConfigurationFault {
            ConfigurationFault(
                .error, at: SourceLocation(file: file, line: mark.line), problem,
                remedy: "mend the YAML near column \(mark.column)")
        }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return at(mark, problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map(\.description).joined(separator: ", ")
            return at(context.mark, "written twice: \(names)")
        default:
            return ConfigurationFault(.error, at: SourceLocation(file: file), "\(error)", remedy: "mend the YAML")
        }
    }
}
