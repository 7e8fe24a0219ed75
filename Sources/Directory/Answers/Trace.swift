package import LDAP

/// The steps that led to an answer, in order: what `explain` prints and what the log can cite. Steps are gathered while
/// the answer is made, by the code that makes it; text is only made when somebody reads it.
package struct TraceStep: Hashable, Sendable {
    package enum Event: Hashable, Sendable {
        /// A table was asked for a key.
        case lookup(table: String, key: [UInt8], result: LookupResult)
        /// A directory was searched.
        case search(server: String, base: String, scope: SearchScope, filter: LDAPFilter, result: SearchResult)
        /// An entry gave these values.
        case entry(name: String, attribute: String, values: [[UInt8]])
        /// A bind was tried; never with the password.
        case bind(server: String, name: String, verdict: PasswordVerdict)
        /// A rule decided: `rule` is the setting's name (`virtual_alias_maps`), `text` what it decided.
        case decision(rule: String, text: String)
    }

    package enum LookupResult: Hashable, Sendable {
        case found([UInt8])
        case absent
        case unavailable(UnavailableReason)
    }

    package enum SearchResult: Hashable, Sendable {
        case entries(Int)
        case failed(UnavailableReason)
    }

    package var event: Event
    /// The setting behind the step, where there is one.
    package var location: SourceLocation?
    package var children: [TraceStep]
    /// For a search: live, cached or stale, and how long it took.
    package var manner: AnswerManner?

    package init(_ event: Event, location: SourceLocation? = nil, children: [TraceStep] = []) {
        self.event = event
        self.location = location
        self.children = children
    }
}

/// An outcome with the steps that led to it.
package struct Answer<Value: Sendable>: Sendable {
    package var outcome: Outcome<Value>
    package var steps: [TraceStep]

    package init(_ outcome: Outcome<Value>, steps: [TraceStep] = []) {
        self.outcome = outcome
        self.steps = steps
    }
}
