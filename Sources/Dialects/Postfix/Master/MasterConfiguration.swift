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

        var isSMTPServer: Bool { command == "smtpd" || command.hasSuffix("/smtpd") }
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
        // getopt(3): options end before the first word that is none. A delivery program's own words (`argv=…`) follow there;
        // smtpd has none, and serves nobody when it finds some.
        var index = 8
        while index < fields.count, fields[index].hasPrefix("-"), fields[index] != "--" {
            var assignment = String(fields[index].dropFirst(2))
            let takesValue = "imnorst".contains(fields[index].dropFirst().first ?? "v")
            let isSetting = fields[index].hasPrefix("-o")
            index += 1
            if takesValue, assignment.isEmpty {
                guard index < fields.count else {
                    fault(
                        "\(service.label): \(isSetting ? "-o" : "an option") stands before nothing",
                        "write -o name=value")
                    return service
                }
                assignment = fields[index]
                index += 1
            }
            guard isSetting else { continue }
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
        if index < fields.count, service.isSMTPServer {
            fault(
                "\(service.label): smtpd takes no \"\(WordList.printable(String(fields[index].prefix(60))))\"",
                "begin each service in the first column, and write -o before each setting")
        }
        return service
    }

    /// Words between white space; braces keep a text together, wherever in a word they begin. Nil when one is not closed.
    private static func words(_ text: String) -> [String]? {
        let bytes = Array(text.utf8)
        var words: [String] = []
        var start: Int?
        var depth = 0
        for (index, byte) in bytes.enumerated() {
            if depth == 0, WordList.isSpace(byte) {
                if let begun = start { words.append(String(decoding: bytes[begun..<index], as: UTF8.self)) }
                start = nil
                continue
            }
            if start == nil { start = index }
            if byte == UInt8(ascii: "{") { depth += 1 }
            if byte == UInt8(ascii: "}"), depth > 0 { depth -= 1 }
        }
        if let begun = start { words.append(String(decoding: bytes[begun...], as: UTF8.self)) }
        return depth == 0 ? words : nil
    }
}
