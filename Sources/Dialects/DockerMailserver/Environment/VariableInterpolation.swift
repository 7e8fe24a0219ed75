/// `$NAME` and `${NAME…}` as Docker Compose replaces them (docs.docker.com, "Interpolation").
struct VariableInterpolation {
    enum Problem: Error, Equatable {
        /// `${NAME:?message}` without a value.
        case required(name: String, message: String)
        /// A `$` that begins nothing known.
        case malformed
    }

    /// What the text came to, and the names that nothing is known of.
    struct Result: Equatable {
        var text = ""
        var missing: [String] = []
    }

    var value: (String) -> String?

    /// Defaults in defaults beyond this are refused.
    private static let maximumDepth = 8

    func expand(_ text: String) throws(Problem) -> Result {
        var result = Result()
        var rest = Substring(text)
        try expand(&rest, until: nil, into: &result, depth: 0)
        return result
    }

    private func expand(
        _ rest: inout Substring, until end: Character?, into result: inout Result, depth: Int
    ) throws(Problem) {
        guard depth <= Self.maximumDepth else { throw .malformed }
        while let character = rest.first {
            if character == end { return }
            rest.removeFirst()
            guard character == "$" else {
                result.text.append(character)
                continue
            }
            if rest.first == "$" {
                rest.removeFirst()
                result.text.append("$")
            } else if rest.first == "{" {
                rest.removeFirst()
                try braced(&rest, into: &result, depth: depth)
            } else {
                let name = Self.name(&rest)
                guard !name.isEmpty else { throw .malformed }
                append(name, to: &result)
            }
        }
        if end != nil { throw .malformed }
    }

    private func append(_ name: String, to result: inout Result) {
        if let value = value(name) { result.text += value } else { result.missing.append(name) }
    }

    private func braced(_ rest: inout Substring, into result: inout Result, depth: Int) throws(Problem) {
        let name = Self.name(&rest)
        guard !name.isEmpty else { throw .malformed }
        var mindsEmpty = false
        if rest.first == ":" {
            mindsEmpty = true
            rest.removeFirst()
        }
        guard let operation = rest.popFirst() else { throw .malformed }
        if operation == "}" {
            guard !mindsEmpty else { throw .malformed }
            append(name, to: &result)
            return
        }
        guard "-?+".contains(operation) else { throw .malformed }
        var word = Result()
        try expand(&rest, until: "}", into: &word, depth: depth + 1)
        guard rest.popFirst() == "}" else { throw .malformed }
        let current = value(name)
        let isThere = mindsEmpty ? !(current ?? "").isEmpty : current != nil
        switch operation {
        case "-":
            result.text += isThere ? current ?? "" : word.text
            if !isThere { result.missing += word.missing }
        case "+":
            if isThere {
                result.text += word.text
                result.missing += word.missing
            }
        default:
            guard isThere else { throw .required(name: name, message: word.text) }
            result.text += current ?? ""
        }
    }

    /// `[_a-zA-Z][_a-zA-Z0-9]*`
    static func name(_ rest: inout Substring) -> String {
        var name = ""
        while let character = rest.first, character.isASCII,
            character == "_" || character.isLetter || (character.isNumber && !name.isEmpty)
        {
            name.append(character)
            rest.removeFirst()
        }
        return name
    }
}
