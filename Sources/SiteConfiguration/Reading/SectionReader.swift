import Directory

/// Reads one mapping of the configuration: each key at most once, unknown keys reported with the nearest known one.
final class SectionReader {
    let context: ReadingContext
    let location: SourceLocation
    let path: String
    private var values: [String: ConfigurationNode] = [:]
    private var keyLocations: [String: SourceLocation] = [:]
    private var known: Set<String> = []

    init(_ node: ConfigurationNode, _ context: ReadingContext) {
        self.context = context
        location = node.location
        path = node.path
        guard let entries = node.entries else {
            if !node.isNull {
                context.faults.error(
                    at: node.location, "\(node.path) must be a mapping (key: value)",
                    remedy: "see docs/configuration.md")
            }
            return
        }
        for entry in entries {
            values[entry.key] = entry.value
            keyLocations[entry.key] = entry.keyLocation
        }
    }

    /// The node under `key`, whatever it is; marks the key as known.
    func node(_ key: String) -> ConfigurationNode? {
        known.insert(key)
        guard let node = values[key], !node.isNull else { return nil }
        return node
    }

    func section(_ key: String) -> SectionReader? {
        node(key).map { SectionReader($0, context) }
    }

    func string(_ key: String) -> Located<String>? {
        node(key).flatMap { context.string($0) }
    }

    func string(_ key: String, default value: String) -> Located<String> {
        string(key) ?? Located(value, at: .builtIn)
    }

    /// A list of scalars; one scalar alone is a list of one.
    func strings(_ key: String) -> [Located<String>]? {
        guard let node = node(key) else { return nil }
        guard let elements = node.elements else { return context.string(node).map { [$0] } ?? [] }
        return elements.compactMap { context.string($0) }
    }

    func boolean(_ key: String) -> Located<Bool>? {
        parsed(key, expected: "yes or no") { text in
            switch text.lowercased() {
            case "yes", "true", "on": true
            case "no", "false", "off": false
            default: nil
            }
        }
    }

    func integer(_ key: String, in range: ClosedRange<Int>) -> Located<Int>? {
        parsed(key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// Seconds; `500ms`, `10s`, `5m`, `2h`, `1d` or a plain number of seconds.
    func duration(_ key: String) -> Located<Duration>? {
        parsed(key, expected: "a time such as 10s, 5m or 500ms", Quantity.duration)
    }

    /// Bytes; `10240000`, `50M`, `50MiB`, `1GB` (all powers of 1024).
    func size(_ key: String) -> Located<UInt64>? {
        parsed(key, expected: "a size such as 50MiB or a number of bytes", Quantity.size)
    }

    func parsed<Value: Sendable>(
        _ key: String, expected: String, _ parse: (String) -> Value?
    ) -> Located<Value>? {
        guard let text = string(key) else { return nil }
        guard let value = parse(text.value) else {
            context.faults.error(
                at: text.location, "\(qualified(key)): \(text.value) is not \(expected)", remedy: "give \(expected)")
            return nil
        }
        return Located(value, at: text.location)
    }

    func choice<Value: RawRepresentable & CaseIterable & Sendable>(
        _ key: String, _ type: Value.Type
    ) -> Located<Value>? where Value.RawValue == String {
        let names = type.allCases.map(\.rawValue).joined(separator: ", ")
        return parsed(key, expected: "one of \(names)") { Value(rawValue: $0) }
    }

    /// Reports a key that must be there.
    func require<Value>(_ value: Value?, _ key: String, remedy: String) -> Value? {
        if value == nil, values[key] == nil {
            context.faults.error(at: location, "\(qualified(key)) is missing", remedy: remedy)
        }
        return value
    }

    /// To be called when all keys have been asked for.
    func finish() {
        for key in values.keys.sorted() where !known.contains(key) {
            let near = known.filter { Quantity.editDistance($0, key) <= 2 }.min()
            context.faults.error(
                at: keyLocations[key] ?? location, "no such key: \(qualified(key))",
                remedy: near.map { "did you mean \($0)?" }
                    ?? "known here: \(known.sorted().joined(separator: ", "))")
        }
    }

    func qualified(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}

/// What every section reader of one load shares.
final class ReadingContext {
    let faults: FaultCollector
    let sources: ConfigurationSources

    init(faults: FaultCollector, sources: ConfigurationSources) {
        self.faults = faults
        self.sources = sources
    }

    /// A scalar: written out, or `{env: NAME}`, or `{file: PATH}` (the file's first line).
    func string(_ node: ConfigurationNode) -> Located<String>? {
        if let scalar = node.scalar { return Located(scalar, at: node.location) }
        guard let entries = node.entries, let entry = entries.first, entries.count == 1,
            let argument = entry.value.scalar
        else {
            faults.error(
                at: node.location, "\(node.path) must be one value",
                remedy: "write the value, {env: NAME} or {file: PATH}")
            return nil
        }
        switch entry.key {
        case "env":
            if let value = sources.environment[argument] { return Located(value, at: node.location) }
            faults.error(
                at: node.location, "\(node.path): the environment variable \(argument) is not set",
                remedy: "set it, or write the value here")
        case "file":
            let file = absolute(argument, relativeTo: node.location.file)
            if let content = sources.readFile(file) {
                let line = content.prefix { $0 != 0x0A && $0 != 0x0D }
                return Located(String(decoding: line, as: UTF8.self), at: node.location)
            }
            faults.error(
                at: node.location, "\(node.path): \(file) can't be read",
                remedy: "create it, readable for the service's user")
        default:
            faults.error(
                at: node.location, "\(node.path) must be one value",
                remedy: "write the value, {env: NAME} or {file: PATH}")
        }
        return nil
    }

    func secretOrigin(_ node: ConfigurationNode) -> SecretOrigin {
        guard let entry = node.entries?.first, let argument = entry.value.scalar else { return .written }
        return entry.key == "env" ? .environment(argument) : .file(absolute(argument, relativeTo: node.location.file))
    }

    /// Paths in a configuration file are relative to that file's folder.
    func absolute(_ path: String, relativeTo file: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        guard let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }
}
