package import Directory
package import SiteConfiguration

/// master.cf: the services that Postfix's master runs, with the parameters that their `-o` options set.
package struct MasterConfiguration: Sendable {
    package struct Service: Sendable {
        /// `smtp`, `10025`, `127.0.0.1:2525`; for other types a name.
        package var name: String
        package var type: String
        package var command: String
        package var settings: [MainConfiguration.Setting]
        package var location: SourceLocation

        /// `submission/inet`
        package var label: String { "\(name)/\(type)" }
    }

    package private(set) var services: [Service] = []

    package init(_ text: SourceText, faults: inout [ConfigurationFault]) {
        for line in text.logicalLines {
            guard let service = Self.service(line, faults: &faults) else { continue }
            if let index = services.firstIndex(where: { $0.label == service.label }) {
                faults.append(
                    ConfigurationFault(
                        .warning, at: service.location,
                        "\(service.label) stands here again, over \(services[index].location): the later line counts",
                        remedy: "remove one of the two"))
                services[index] = service
            } else {
                services.append(service)
            }
        }
    }

    private init(_ services: [Service]) {
        self.services = services
    }

    /// What there is without a master.cf: mail on port 25.
    static func withoutFile(at location: SourceLocation) -> MasterConfiguration {
        MasterConfiguration([Service(name: "smtp", type: "inet", command: "smtpd", settings: [], location: location)])
    }

    private static func service(_ line: SourceText.Line, faults: inout [ConfigurationFault]) -> Service? {
        func fault(_ problem: String, _ remedy: String) {
            faults.append(ConfigurationFault(.error, at: line.location, problem, remedy: remedy))
        }
        let form = "write: service type private unpriv chroot wakeup maxproc command"
        guard let text = String(validating: line.bytes, as: UTF8.self), !line.bytes.contains(0) else {
            fault("this line holds bytes that are no text", "write it anew, in UTF-8")
            return nil
        }
        if let first = line.bytes.first, WordList.isSpace(first) {
            fault("a line that begins with white space continues the one before it, and there is none", form)
            return nil
        }
        guard let fields = words(text) else {
            fault("a { is not closed", "close it with }")
            return nil
        }
        guard fields.count >= 8 else {
            fault("a service has eight fields, and this line has \(fields.count)", form)
            return nil
        }
        guard ["inet", "unix", "fifo", "pass", "unix-dgram"].contains(fields[1]) else {
            fault("\"\(WordList.printable(fields[1]))\" is no type of service", "write inet, unix, fifo or pass")
            return nil
        }
        for (index, name) in [(2, "private"), (3, "unpriv"), (4, "chroot")]
        where !["y", "n", "-"].contains(fields[index]) {
            fault("\(name): \"\(WordList.printable(fields[index]))\" is none of y, n, -", form)
            return nil
        }
        let wakeup = fields[5].hasSuffix("?") ? String(fields[5].dropLast()) : fields[5]
        for (value, name) in [(wakeup, "wakeup"), (fields[6], "maxproc")] where value != "-" {
            guard let number = Int(value), number >= 0 else {
                fault("\(name): \"\(WordList.printable(value))\" is neither a number nor -", form)
                return nil
            }
        }
        var service = Service(
            name: fields[0], type: fields[1], command: fields[7], settings: [], location: line.location)
        // What follows a delivery program's own words (`argv=…`) is not Postfix's.
        var index = 8
        while index < fields.count {
            let word = fields[index]
            index += 1
            guard word.hasPrefix("-o") else { continue }
            var assignment = String(word.dropFirst(2))
            if assignment.isEmpty {
                guard index < fields.count else {
                    fault("\(service.label): -o stands before nothing", "write -o name=value")
                    break
                }
                assignment = fields[index]
                index += 1
            }
            if let inside = WordList.insideBraces(assignment) { assignment = inside }
            guard let equals = assignment.firstIndex(of: "="), equals > assignment.startIndex else {
                fault(
                    "\(service.label): -o \"\(WordList.printable(String(assignment.prefix(60))))\" is no name=value",
                    "write -o name=value without blanks, or -o { name = value }")
                continue
            }
            let name = WordList.trimmed(String(assignment[..<equals]))
            service.settings.append(
                MainConfiguration.Setting(
                    name: name, value: WordList.trimmed(String(assignment[assignment.index(after: equals)...])),
                    location: line.location, service: service.label))
        }
        return service
    }

    /// Words between white space; braces keep a text together where they begin a word.
    private static func words(_ text: String) -> [String]? {
        var words: [String] = []
        var rest = text.utf8[...]
        while true {
            rest = rest.drop { WordList.isSpace($0) }
            guard let first = rest.first else { return words }
            guard first == UInt8(ascii: "{") else {
                let word = rest.prefix { !WordList.isSpace($0) }
                words.append(String(word) ?? "")
                rest = rest[word.endIndex...]
                continue
            }
            var depth = 0
            var end: Substring.UTF8View.Index?
            for index in rest.indices {
                if rest[index] == UInt8(ascii: "{") { depth += 1 }
                if rest[index] == UInt8(ascii: "}") { depth -= 1 }
                if depth == 0 {
                    end = rest.index(after: index)
                    break
                }
            }
            guard let end else { return nil }
            words.append(String(rest[..<end]) ?? "")
            rest = rest[end...]
        }
    }
}
