import Directory
import LDAP

/// Which accounts are in use: who does not meet it can't log in, whatever the password.
package enum ActiveCondition: Sendable {
    /// `accountStatus` is `active`: one of the values is among these, without regard to ASCII case and to blanks around.
    case attribute(String, values: [[UInt8]], whenMissing: Bool)
    /// The entry matches a further filter.
    case filter(FilterTemplate)

    enum Outcome: Sendable {
        case active
        case inactive
        case failed(UnavailableReason)
    }

    var attributes: [String] {
        switch self {
        case .attribute(let name, _, _): [name]
        case .filter: []
        }
    }

    /// `entry` was read with `attributes`.
    func check(
        _ entry: LDAPEntry, _ source: any DirectorySource, _ variables: LoginVariables, location: SourceLocation?
    ) async -> (outcome: Outcome, steps: [TraceStep]) {
        switch self {
        case .attribute(let name, let allowed, let whenMissing):
            let values = entry[AttributeDescription(name)].map(Self.folded)
            let isActive =
                values.isEmpty
                ? whenMissing : values.contains { value in allowed.contains { Self.folded($0) == value } }
            let text =
                values.isEmpty ? "\(name) is missing" : "\(name) is \(String(decoding: values[0], as: UTF8.self))"
            return (
                isActive ? .active : .inactive,
                [
                    TraceStep(
                        .decision(rule: "active", text: "\(text): \(isActive ? "active" : "inactive")"),
                        location: location)
                ]
            )
        case .filter(let template):
            guard let filter = template.render(variables) else { return (.inactive, []) }
            let request = SearchRequest(base: entry.name, scope: .base, filter: filter, attributes: ["1.1"])
            let answer = await source.answer(request)
            let outcome: Outcome
            let result: TraceStep.SearchResult
            switch answer.outcome {
            case .entries(let entries):
                outcome = entries.isEmpty ? .inactive : .active
                result = .entries(entries.count)
            case .noSuchObject:
                outcome = .inactive
                result = .entries(0)
            case .failed(let reason):
                outcome = .failed(reason)
                result = .failed(reason)
            }
            return (outcome, [TraceStep.search(request, at: source.name, result, answer, location: location)])
        }
    }

    private static func folded(_ value: [UInt8]) -> [UInt8] {
        Template.Modifier.lowercase.apply(Array(Template.Modifier.trim.apply(value).drop { $0 == 0x20 }))
    }
}
