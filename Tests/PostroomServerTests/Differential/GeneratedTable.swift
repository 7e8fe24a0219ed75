import PostroomTesting

/// LDAP tables that nobody would write: every parameter at random over what a directory holds, in ldap_table(5)'s syntax.
struct TableGenerator {
    private let sample: SampleDirectory
    private let vocabulary: DirectoryVocabulary
    private var random: PostroomTesting.SeededGenerator

    init(_ sample: SampleDirectory, _ vocabulary: DirectoryVocabulary, seed: UInt64) {
        self.sample = sample
        self.vocabulary = vocabulary
        random = PostroomTesting.SeededGenerator(seed: seed)
    }

    /// The lines of a table without those of its connection.
    mutating func table() -> String {
        var lines = ["search_base = \(searchBase())", "query_filter = \(filter())"]
        func add(_ name: String, _ value: String) { lines.append("\(name) = \(value)") }
        if chance(80) { add("result_attribute", attributeList(upTo: 3)) }
        if chance(40), let name = vocabulary.nameAttributes.randomElement(using: &random) {
            add("special_result_attribute", name)
            if chance(60) {
                add("recursion_limit", String(Int.random(in: 1...5, using: &random)))
            } else {
                add("recursion_limit", "40")
            }
        }
        if chance(30) { add("leaf_result_attribute", attributeList(upTo: 2)) }
        if chance(20) { add("terminal_result_attribute", attributeList(upTo: 2)) }
        if chance(50) {
            let format = resultFormat()
            // An empty result_filter is fatal to Postfix, an empty result_format is not.
            add(format.isEmpty || chance(80) ? "result_format" : "result_filter", format)
        }
        if chance(30) { add("scope", pick(["sub", "one", "base", "SUB", "One"])) }
        if chance(25) { add("expansion_limit", String(Int.random(in: 0...4, using: &random))) }
        if chance(25) { add("size_limit", String(Int.random(in: 0...4, using: &random))) }
        if chance(25) { add("domain", domains()) }
        if chance(15) { add("dereference", String(Int.random(in: 0...3, using: &random))) }
        lines.shuffle(using: &random)
        return lines.joined(separator: "\n") + "\n"
    }

    private mutating func searchBase() -> String {
        let base = pick(vocabulary.bases)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return "ou=%u,\(base)"
        case 1: return "uid=%s,\(base)"
        case 2: return "dc=%2,dc=%1"
        case 3: return "cn=%U+sn=%D,\(base)"
        case 4: return "ou=nowhere,\(sample.suffix)"
        case 5: return pick(vocabulary.names)
        case 6: return "%s"
        case 7: return "mail=%u@%d,\(base)"
        default: return Bool.random(using: &random) ? base : sample.suffix
        }
    }

    private mutating func filter() -> String {
        let text = filter(depth: 0)
        // libldap takes a single test without its parentheses.
        if text.hasPrefix("("), !"(&|!".contains(text.dropFirst().first ?? "("), chance(15) {
            return String(text.dropFirst().dropLast())
        }
        return text
    }

    private mutating func filter(depth: Int) -> String {
        guard depth < 3, chance(45) else { return test() }
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return "(!\(filter(depth: depth + 1)))"
        case 1, 2: return "(&\(filters(depth + 1)))"
        default: return "(|\(filters(depth + 1)))"
        }
    }

    private mutating func filters(_ depth: Int) -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in filter(depth: depth) }.joined(
            separator: chance(10) ? " " : "")
    }

    private mutating func test() -> String {
        let attribute = chance(5) ? "noSuchAttribute" : pick(vocabulary.attributes + vocabulary.nameAttributes)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return "(\(attribute)=*)"
        case 1: return "(\(attribute)=*@\(token()))"
        case 2: return "(\(attribute)=\(token())*)"
        case 3: return "(\(attribute)=*\(token())*)"
        case 4: return "(\(attribute)=\(token())@\(token()))"
        case 5:
            return
                "(\(attribute)=\(pick(vocabulary.values).filter { $0.isLetter || $0.isNumber || $0 == "@" || $0 == "." }))"
        case 6: return "(\(attribute)~=\(token()))"
        case 7: return "(\(attribute)\(pick([">", "<"]))=\(token()))"
        case 8: return "(\(attribute):caseIgnoreMatch:=\(token()))"
        case 9: return "(\(attribute)=\\2a\(token())%%)"
        default: return "(\(attribute)=\(token()))"
        }
    }

    private mutating func token() -> String {
        pick([
            "%s", "%s", "%s", "%u", "%u", "%d", "%d", "%S", "%U", "%D", "%1", "%2", "%3", "%2.%1", "%u@%d", "smtp:%s",
        ])
    }

    private mutating func resultFormat() -> String {
        let parts = [
            "%s", "%s", "%u", "%d", "%S", "%U", "%D", "%1", "%2", "%3", "%4", "%%", "/mailbox/", "|", "@", ",", "x",
            " ",
            "(", "\\", "ü", "\"",
        ]
        return (0..<Int.random(in: 0...4, using: &random)).map { _ in pick(parts) }.joined()
    }

    private mutating func domains() -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in
            let name = pick(vocabulary.domains)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: return "!\(name)"
            case 1: return name.uppercased()
            case 2: return "inline:{\(name)=x}"
            case 3: return "!static:all"
            default: return name
            }
        }.joined(separator: pick([", ", " ", ","]))
    }

    private mutating func attributeList(upTo count: Int) -> String {
        (0..<Int.random(in: 0...count, using: &random)).map { _ in
            let name = pick(vocabulary.attributes + vocabulary.nameAttributes)
            return chance(20) ? name.uppercased() : name
        }.joined(separator: pick([", ", " ", ","]))
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "" }
}
