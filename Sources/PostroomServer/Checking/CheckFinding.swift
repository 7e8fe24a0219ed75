package import Directory
package import SiteConfiguration

/// Something that `check` found: where it stands in the configuration, what is the matter, what to do.
package struct CheckFinding: Hashable, Sendable, CustomStringConvertible {
    package enum Severity: String, CaseIterable, Hashable, Sendable {
        /// Mail or logins fail by it.
        case error
        /// Somebody should look.
        case warning
        /// Worth knowing.
        case information
    }

    package var severity: Severity
    package var location: SourceLocation
    package var problem: String
    package var remedy: String

    package init(_ severity: Severity, at location: SourceLocation, _ problem: String, remedy: String = "") {
        self.severity = severity
        self.location = location
        self.problem = problem
        self.remedy = remedy
    }

    package init(_ fault: ConfigurationFault) {
        severity = fault.severity == .error ? .error : .warning
        location = fault.location
        problem = fault.problem
        remedy = fault.remedy
    }

    package var description: String {
        "\(location): \(severity.rawValue): \(problem)" + (remedy.isEmpty ? "" : " — \(remedy)")
    }
}

/// All that a check found, worst first.
package struct CheckReport: Sendable {
    package var findings: [CheckFinding]
    /// False when the time for looking was over before the end.
    package var isComplete: Bool

    /// - Parameter findings: in the order of looking; what is said twice is kept once.
    package init(_ findings: [CheckFinding], isComplete: Bool = true) {
        var seen: Set<CheckFinding> = []
        let distinct = findings.filter { seen.insert($0).inserted }
        self.findings = CheckFinding.Severity.allCases.flatMap { severity in
            distinct.filter { $0.severity == severity }
        }
        self.isComplete = isComplete
    }

    package func count(_ severity: CheckFinding.Severity) -> Int {
        findings.reduce(0) { $0 + ($1.severity == severity ? 1 : 0) }
    }
}
