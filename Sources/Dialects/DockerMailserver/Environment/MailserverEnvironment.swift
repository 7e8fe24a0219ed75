import Directory
import SiteConfiguration

extension SourceLocation {
    /// What docker-mailserver ships or sets when nobody says otherwise.
    static let mailserverDefault = SourceLocation(file: "docker-mailserver 15.1 default")

    static func environmentVariable(_ name: String) -> SourceLocation {
        SourceLocation(file: "environment variable \(name)")
    }
}

/// The variables that a container of docker-mailserver starts with, each with the place it was set at.
struct MailserverEnvironment: Sendable {
    /// In the order in which they were first set.
    private(set) var names: [String] = []
    private var values: [String: Located<String>] = [:]

    subscript(name: String) -> Located<String>? { values[name] }

    mutating func set(_ name: String, _ value: Located<String>) {
        if values.updateValue(value, forKey: name) == nil { names.append(name) }
    }

    /// The value; empty when it is not set, as a shell has it.
    func text(_ name: String) -> String { values[name]?.value ?? "" }

    /// `${NAME:=default}`: an empty value counts as none.
    func value(_ name: String, or standard: String) -> Located<String> {
        nonEmpty(name) ?? Located(standard, at: .mailserverDefault)
    }

    func nonEmpty(_ name: String) -> Located<String>? {
        values[name].flatMap { $0.value.isEmpty ? nil : $0 }
    }

    /// `[[ ${NAME} -eq 1 ]]`: only a number that is one; a word is a shell variable that nobody set, so zero.
    func isOne(_ name: String, or standard: Bool = false) -> Bool {
        guard let value = nonEmpty(name) else { return standard }
        return Int(value.value.filter { $0 != " " && $0 != "\t" }) == 1
    }

    /// Where a value comes from, or the default's place.
    func location(_ name: String) -> SourceLocation { nonEmpty(name)?.location ?? .mailserverDefault }
}
