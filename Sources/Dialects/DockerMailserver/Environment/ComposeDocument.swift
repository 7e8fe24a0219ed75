import Directory
import SiteConfiguration
import Yams

/// A node of a compose file, with `${…}` replaced and its place.
indirect enum ComposeNode {
    case null(SourceLocation)
    case scalar(Located<String>)
    case list([ComposeNode], SourceLocation)
    case mapping([Entry], SourceLocation)

    struct Entry {
        var key: Located<String>
        var value: ComposeNode
    }

    var location: SourceLocation {
        switch self {
        case .null(let location), .list(_, let location), .mapping(_, let location): location
        case .scalar(let scalar): scalar.location
        }
    }

    var scalar: Located<String>? {
        if case .scalar(let scalar) = self { scalar } else { nil }
    }

    var elements: [ComposeNode]? {
        if case .list(let elements, _) = self { elements } else { nil }
    }

    var entries: [Entry] {
        if case .mapping(let entries, _) = self { entries } else { [] }
    }

    subscript(key: String) -> ComposeNode? {
        entries.first { $0.key.value == key }?.value
    }
}

/// Reads a compose file's YAML.
struct ComposeDocument {
    private(set) var root: ComposeNode?
    private(set) var faults: [ConfigurationFault] = []
    private let file: String
    private let interpolation: VariableInterpolation
    private var nodes = 0

    private static let maximumDepth = 24
    /// Aliases repeat what they name: this bounds what a document may grow to.
    private static let maximumNodes = 50_000

    /// - Parameter variables: of the process and of `.env`, for interpolation.
    init(_ text: SourceText, variables: [String: String]) {
        file = text.hostPath ?? text.path
        interpolation = VariableInterpolation { variables[$0] }
        let bytes = text.bytes
        guard bytes.count <= EnvironmentFile.maximumSize, let yaml = String(validating: bytes, as: UTF8.self) else {
            fault(.error, SourceLocation(file: file), "is too large or not UTF-8", "name the right file")
            return
        }
        do {
            guard let node = try Yams.compose(yaml: yaml) else {
                fault(.error, SourceLocation(file: file), "is empty", "name the right file")
                return
            }
            root = convert(node, depth: 0)
        } catch let error as YamlError {
            fault(error)
        } catch {
            fault(.error, SourceLocation(file: file), "\(error)", "mend the YAML")
        }
    }

    private mutating func convert(_ node: Node, depth: Int) -> ComposeNode? {
        let location = SourceLocation(file: file, line: node.mark?.line)
        nodes += 1
        guard depth < Self.maximumDepth, nodes < Self.maximumNodes else {
            if nodes <= Self.maximumNodes {
                fault(.error, location, "is nested too deeply or too large", "write it flatter")
            }
            return nil
        }
        switch node {
        case .scalar(let scalar):
            if node.null != nil { return .null(location) }
            return .scalar(Located(interpolated(scalar.string, at: location), at: location))
        case .sequence(let sequence):
            var elements: [ComposeNode] = []
            for element in sequence {
                if let element = convert(element, depth: depth + 1) { elements.append(element) }
            }
            return .list(elements, location)
        case .mapping(let mapping):
            return convert(mapping, at: location, depth: depth)
        case .alias(let alias):
            fault(.error, location, "the YAML alias \(alias.anchor.rawValue) can't be followed", "write the value out")
            return nil
        }
    }

    private mutating func convert(_ mapping: Node.Mapping, at location: SourceLocation, depth: Int) -> ComposeNode {
        var entries: [ComposeNode.Entry] = []
        var merged: [ComposeNode.Entry] = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string, let value = convert(value, depth: depth + 1) else { continue }
            if name == "<<" {
                merged += value.entries + (value.elements ?? []).flatMap(\.entries)
            } else {
                let place = SourceLocation(file: file, line: key.mark?.line)
                entries.append(ComposeNode.Entry(key: Located(name, at: place), value: value))
            }
        }
        // yaml.org/type/merge: own keys count, then those of the first that has them.
        for entry in merged where !entries.contains(where: { $0.key.value == entry.key.value }) {
            entries.append(entry)
        }
        return .mapping(entries, location)
    }

    private mutating func interpolated(_ text: String, at location: SourceLocation) -> String {
        guard text.contains("$") else { return text }
        do throws(VariableInterpolation.Problem) {
            let result = try interpolation.expand(text)
            for name in result.missing {
                fault(
                    .warning, location, "${\(name)} is not set: nothing takes its place", "write $$ for a dollar sign")
            }
            return result.text
        } catch {
            switch error {
            case .required(let name, let message):
                fault(.error, location, "\(name) must be set: \(message)", "set it in the environment or in .env")
            case .malformed:
                fault(.error, location, "a $ that begins no variable", "write $$ for a dollar sign")
            }
        }
        return text
    }

    private mutating func fault(
        _ severity: ConfigurationFault.Severity, _ location: SourceLocation, _ problem: String, _ remedy: String
    ) {
        faults.append(ConfigurationFault(severity, at: location, problem, remedy: remedy))
    }

    private mutating func fault(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            fault(
                .error, SourceLocation(file: file, line: mark.line), problem, "mend the YAML near column \(mark.column)"
            )
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map(\.description).joined(separator: ", ")
            fault(.error, SourceLocation(file: file, line: context.mark.line), "written twice: \(names)", "keep one")
        default:
            fault(.error, SourceLocation(file: file), "\(error)", "mend the YAML")
        }
    }
}
