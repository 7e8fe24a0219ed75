import Directory
import SiteConfiguration

/// Typed values of parameters, as one service of Postfix sees them. Whoever asks for a value says what it is used for,
/// which is what the report tells of it.
struct ParameterReader {
    let reading: PostfixReading
    let configuration: MainConfiguration

    /// What main.cf alone says.
    init(_ reading: PostfixReading) {
        self.init(reading, reading.main)
    }

    init(_ reading: PostfixReading, _ configuration: MainConfiguration) {
        self.reading = reading
        self.configuration = configuration
    }

    func isSet(_ name: String) -> Bool { configuration.isSet(name) }

    func location(_ name: String) -> SourceLocation { configuration.settings[name]?.location ?? .builtIn }

    /// Says what became of a parameter, if the configuration sets it.
    func tell(_ name: String, _ fate: ImportReport.Fate = .used, _ note: String) {
        if let setting = configuration.settings[name] { reading.tell(setting.key, fate, note) }
    }

    /// The same with an entry of its own for a parameter that is left at its default.
    func tellAlways(
        _ name: String, value: String, at place: SourceLocation, _ fate: ImportReport.Fate, _ note: String
    ) {
        if isSet(name) {
            tell(name, fate, note)
        } else {
            reading.report(name, value: value, at: place, fate, note)
        }
    }

    func error(_ name: String, _ problem: String, remedy: String) {
        reading.error(at: location(name), "\(name): \(problem)", remedy: remedy)
    }

    // MARK: Values

    func expanded(_ name: String, _ note: String) -> ExpandedText {
        var names: [String] = []
        defer {
            for used in names where configuration.isSet(used) { reading.isUsed(used, in: name) }
            tell(name, .used, note)
        }
        do {
            let text = try configuration.expanded(name, usedNames: &names)
            guard text.bytes.count <= 1 << 20 else { return ExpandedText() }
            return text
        } catch {
            let place = configuration.settings[name]?.location ?? names.lazy.compactMap(location(set:)).first
            // The fault quotes the value.
            let isSecret = ([name] + names).contains { SiteDraft.isSecret($0) || $0.contains("password_maps") }
            reading.error(
                at: place ?? reading.mainFile,
                "\(name): \(isSecret ? "a \"$\" in it can't be expanded" : error.text)",
                remedy: "mend the expression; see postconf(5)")
            return ExpandedText()
        }
    }

    private func location(set name: String) -> SourceLocation? { configuration.settings[name]?.location }

    /// The value, at the line that sets it; a default made of other parameters is where those are set.
    func text(_ name: String, _ note: String) -> Located<String> {
        let text = expanded(name, note)
        return Located(WordList.trimmed(String(decoding: text.bytes, as: UTF8.self)), at: place(name, text))
    }

    private func place(_ name: String, _ text: ExpandedText) -> SourceLocation {
        configuration.settings[name]?.location ?? text.writtenLocation ?? .builtIn
    }

    /// Nil for an empty value.
    func optional(_ name: String, _ note: String) -> Located<String>? {
        let value = text(name, note)
        return value.value.isEmpty ? nil : value
    }

    /// Each word at the line that it stands in.
    func words(_ name: String, _ note: String) -> [Located<String>] {
        let text = expanded(name, note)
        guard let ranges = WordList.ranges(text.bytes) else {
            reading.error(
                at: place(name, text), "\(name): a { is not closed", remedy: "close it with }")
            return []
        }
        return ranges.map { range in
            let written = text.location(at: range.lowerBound)
            return Located(
                String(decoding: text.bytes[range], as: UTF8.self), at: written == .builtIn ? location(name) : written)
        }
    }

    func boolean(_ name: String, _ note: String) -> Located<Bool> {
        let value = text(name, note)
        switch value.value.lowercased() {
        case "yes": return Located(true, at: value.location)
        case "no": return Located(false, at: value.location)
        default:
            if isSet(name) || value.location != .builtIn {
                reading.error(
                    at: value.location, "\(name): \"\(WordList.printable(value.value))\" is neither yes nor no",
                    remedy: "write \(name) = yes or \(name) = no")
            }
            return Located(false, at: value.location)
        }
    }

    func integer(_ name: String, in range: ClosedRange<Int> = 0...Int(Int32.max), _ note: String) -> Located<Int>? {
        let value = text(name, note)
        guard let number = Int(value.value), range.contains(number) else {
            reading.error(
                at: value.location,
                "\(name): \"\(WordList.printable(value.value))\" is no number "
                    + (range.upperBound >= Int(Int32.max) ? "from \(range.lowerBound) on" : "in \(range)"),
                remedy: "write a decimal number")
            return nil
        }
        return Located(number, at: value.location)
    }

    func size(_ name: String, _ note: String) -> Located<UInt64>? {
        integer(name, in: 0...Int.max, note)?.map { UInt64($0) }
    }

    /// A number with one of the units s, m, h, d, w.
    ///
    /// - Parameter unit: what a number alone is counted in.
    func duration(_ name: String, unit: Character = "s", _ note: String) -> Located<Duration>? {
        let value = text(name, note)
        let digits = value.value.prefix { $0.isASCII && $0.isNumber }
        let suffix = value.value.dropFirst(digits.count).lowercased()
        let factors: [String: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let number = Int64(digits), let factor = factors[suffix.isEmpty ? String(unit) : suffix],
            number <= Int64(Int32.max), number.multipliedReportingOverflow(by: factor).partialValue <= Int64(Int32.max)
        else {
            reading.error(
                at: value.location, "\(name): \"\(WordList.printable(value.value))\" is no time",
                remedy: "write a number and one of the units s, m, h, d, w")
            return nil
        }
        return Located(.seconds(number * factor), at: value.location)
    }

    /// One of some words.
    func choice(_ name: String, _ allowed: [String], _ note: String) -> Located<String>? {
        let value = text(name, note)
        guard allowed.contains(value.value.lowercased()) else {
            reading.error(
                at: value.location, "\(name): \"\(WordList.printable(value.value))\" is not known",
                remedy: "write one of \(allowed.filter { !$0.isEmpty }.joined(separator: ", "))")
            return nil
        }
        return value.map { $0.lowercased() }
    }
}
