import Directory
import Routing

/// A check for programs. Members are added over time, never renamed.
extension CheckReport {
    package func json(of source: String) -> String {
        let members: [(String, JSONText)] = [
            ("source", .string(source)), ("complete", .bool(isComplete)),
            ("errors", .number(Int64(count(.error)))), ("warnings", .number(Int64(count(.warning)))),
            ("findings", .array(findings.map(Self.document))),
        ]
        return JSONText.object(members).serialized()
    }

    private static func document(_ finding: CheckFinding) -> JSONText {
        .object([
            ("severity", .string(finding.severity.rawValue)), ("file", .string(finding.location.file)),
            ("line", finding.location.line.map { .number(Int64($0)) } ?? .null),
            ("problem", .string(finding.problem)), ("remedy", .string(finding.remedy)),
        ])
    }
}
