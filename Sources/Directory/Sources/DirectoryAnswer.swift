package import LDAP

/// An outcome of a search with how it was had.
package struct DirectoryAnswer: Sendable {
    package var outcome: DirectorySearchOutcome
    package var provenance: AnswerProvenance
    /// How long the one who asked waited.
    package var duration: Duration

    package init(_ outcome: DirectorySearchOutcome, provenance: AnswerProvenance, duration: Duration) {
        self.outcome = outcome
        self.provenance = provenance
        self.duration = duration
    }
}

/// Where an answer comes from.
package enum AnswerProvenance: Hashable, Sendable {
    /// The directory itself was asked.
    case live
    /// Kept from an earlier question, within its time.
    case cached(age: Duration)
    /// Kept beyond its time, because no server answers.
    case stale(age: Duration)
}

/// How the answer behind a step of a trace was had.
package struct AnswerManner: Hashable, Sendable {
    package var provenance: AnswerProvenance
    package var duration: Duration

    package init(provenance: AnswerProvenance, duration: Duration) {
        self.provenance = provenance
        self.duration = duration
    }
}

extension DirectorySource {
    package func answer(_ request: SearchRequest) async -> DirectoryAnswer {
        let start = ContinuousClock.now
        let outcome = await search(request)
        return DirectoryAnswer(outcome, provenance: .live, duration: .now - start)
    }
}

extension DirectorySearchOutcome {
    /// As a step shows it, for one who takes the outcome as it is.
    package var traced: TraceStep.SearchResult {
        switch self {
        case .entries(let entries): .entries(entries.count)
        case .noSuchObject: .entries(0)
        case .failed(let reason): .failed(reason)
        }
    }
}

extension TraceStep {
    /// A search as a step. `result` is what the one who asked made of the outcome.
    package static func search(
        _ request: SearchRequest, at server: String, _ result: SearchResult, _ answer: DirectoryAnswer,
        location: SourceLocation? = nil, children: [TraceStep] = []
    ) -> TraceStep {
        var step = TraceStep(
            .search(server: server, base: request.base, scope: request.scope, filter: request.filter, result: result),
            location: location, children: children)
        step.manner = AnswerManner(provenance: answer.provenance, duration: answer.duration)
        return step
    }
}
