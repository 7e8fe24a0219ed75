package import Directory

/// Something wrong or weak in a configuration, said so that it can be mended: where it stands, what is the matter and
/// what to do.
package struct ConfigurationFault: Hashable, Sendable, CustomStringConvertible {
    package enum Severity: String, Hashable, Sendable {
        /// The site can't start with it.
        case error
        /// The site starts; somebody should look.
        case warning
    }

    package var severity: Severity
    package var location: SourceLocation
    package var problem: String
    package var remedy: String

    package init(_ severity: Severity, at location: SourceLocation, _ problem: String, remedy: String) {
        self.severity = severity
        self.location = location
        self.problem = problem
        self.remedy = remedy
    }

    /// `postroom.yaml:12: error: no such key: hostnme — did you mean hostname?`
    package var description: String {
        "\(location): \(severity.rawValue): \(problem)" + (remedy.isEmpty ? "" : " — \(remedy)")
    }
}

/// All faults of a configuration together.
package struct ConfigurationFaults: Error, Sendable, CustomStringConvertible {
    package var faults: [ConfigurationFault]

    package init(_ faults: [ConfigurationFault]) {
        self.faults = faults
    }

    package var description: String { faults.map(\.description).joined(separator: "\n") }
}

/// Gathers faults while a configuration is read, so that all of them are told at once.
package final class FaultCollector {
    package private(set) var faults: [ConfigurationFault] = []

    package init() {}

    package func error(at location: SourceLocation, _ problem: String, remedy: String = "") {
        add(ConfigurationFault(.error, at: location, problem, remedy: remedy))
    }

    package func warning(at location: SourceLocation, _ problem: String, remedy: String = "") {
        add(ConfigurationFault(.warning, at: location, problem, remedy: remedy))
    }

    package func add(_ fault: ConfigurationFault) {
        if !faults.contains(fault) { faults.append(fault) }
    }

    package var errors: [ConfigurationFault] { faults.filter { $0.severity == .error } }
    package var warnings: [ConfigurationFault] { faults.filter { $0.severity == .warning } }
}
