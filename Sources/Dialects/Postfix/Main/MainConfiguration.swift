package import Directory
package import SiteConfiguration

/// main.cf, or what one service of master.cf makes of it with its `-o` options: each parameter as it was written, and its
/// value once everything in it is expanded.
package struct MainConfiguration: Sendable {
    package struct Setting: Sendable {
        package var name: String
        /// Before expansion.
        package var value: String
        package var location: SourceLocation
        /// `smtp/inet` when a line of master.cf sets it.
        package var service: String?

        /// What tells it apart from the same parameter set elsewhere.
        var key: String { service.map { "\($0) \(name)" } ?? name }
    }

    private(set) var settings: [String: Setting] = [:]
    /// Settings of main.cf that a later line set again.
    private(set) var overridden: [Setting] = []
    /// This machine's full name.
    let machineName: String

    package init(machineName: String) {
        self.machineName = machineName
    }

    /// Reads main.cf. Postfix refuses to start for a line that is no `name = value`, and passes over a first line that
    /// begins with white space.
    package mutating func read(_ text: SourceText, faults: inout [ConfigurationFault]) {
        for line in text.logicalLines {
            guard let parsed = Self.parse(line, faults: &faults) else { continue }
            let setting = Setting(name: parsed.name, value: parsed.value, location: line.location)
            if let earlier = settings[parsed.name] {
                overridden.append(earlier)
                faults.append(
                    ConfigurationFault(
                        .warning, at: line.location,
                        "\(parsed.name) is set a second time, over \(earlier.location): the later value counts",
                        remedy: "remove one of the two lines"))
            }
            settings[parsed.name] = setting
        }
    }

    /// `name = value`, or a fault.
    static func parse(
        _ line: SourceText.Line, faults: inout [ConfigurationFault]
    ) -> (name: String, value: String)? {
        // The line itself is not shown: it may be that of a password.
        func fault(_ severity: ConfigurationFault.Severity, _ problem: String, _ remedy: String) {
            faults.append(ConfigurationFault(severity, at: line.location, problem, remedy: remedy))
        }
        guard let text = String(validating: line.bytes, as: UTF8.self), !line.bytes.contains(0) else {
            fault(.error, "this line holds bytes that are no text", "write it anew, in UTF-8")
            return nil
        }
        if let first = line.bytes.first, WordList.isSpace(first) {
            fault(
                .warning, "a line that begins with white space continues the one before it, and there is none: ignored",
                "begin it in the first column")
            return nil
        }
        let name = text.utf8.prefix { !WordList.isSpace($0) && $0 != UInt8(ascii: "=") }
        let rest = text.utf8[name.endIndex...].drop { WordList.isSpace($0) }
        guard !name.isEmpty else {
            fault(.error, "the parameter's name is missing before \"=\"", "write name = value")
            return nil
        }
        guard rest.first == UInt8(ascii: "=") else {
            fault(.error, "\"=\" is missing after the parameter's name", "write name = value")
            return nil
        }
        return (String(name) ?? "", WordList.trimmed(String(rest.dropFirst()) ?? ""))
    }

    /// The same with a service's own settings over it.
    package func overridden(by own: [Setting]) -> MainConfiguration {
        var result = self
        for setting in own { result.settings[setting.name] = setting }
        return result
    }

    package func isSet(_ name: String) -> Bool { settings[name] != nil }

    // MARK: Values

    /// A parameter's text before expansion: as set, else Postfix's default, else nil.
    func raw(_ name: String) -> ParameterExpansion.Raw? {
        if let setting = settings[name] {
            return ParameterExpansion.Raw(value: Array(setting.value.utf8), location: setting.location)
        }
        let text: String?
        switch name {
        case "myhostname": text = machineName.contains(".") ? machineName : "\(machineName).\(domainOfMachine)"
        case "mydomain": text = domainOfMachine
        case "process_name": text = "smtpd"
        default: text = ParameterDefaults.values[name]
        }
        return text.map { ParameterExpansion.Raw(value: Array($0.utf8), location: .builtIn) }
    }

    /// mydomain's default: myhostname without its first label.
    private var domainOfMachine: String {
        if let set = settings["mydomain"], !set.value.contains("$") { return set.value }
        let name = settings["myhostname"]?.value ?? machineName
        guard let dot = name.firstIndex(of: "."), name.index(after: dot) < name.endIndex else { return "localdomain" }
        return String(name[name.index(after: dot)...])
    }

    /// - Parameter usedNames: gets the names of the parameters that the value was made from.
    func expanded(_ name: String, usedNames: inout [String]) throws(ExpansionFault) -> ExpandedText {
        guard let raw = raw(name) else { return ExpandedText() }
        var expansion = ParameterExpansion { self.raw($0) }
        defer { usedNames += expansion.names }
        return try expansion.expand(raw.value, at: raw.location)
    }

    /// The expanded value, as `postconf -x` shows it.
    package func value(_ name: String) throws -> String {
        var names: [String] = []
        return String(decoding: try expanded(name, usedNames: &names).bytes, as: UTF8.self)
    }
}
