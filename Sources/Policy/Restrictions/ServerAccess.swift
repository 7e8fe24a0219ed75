/// What `check_…_a_access`, `check_…_mx_access` and `check_…_ns_access` look up, and of whom.
package struct ServerAccess: Hashable, Sendable {
    package enum Subject: String, Hashable, Sendable, CaseIterable {
        case client
        case reverseClient = "reverse_client_hostname"
        case helo
        case sender
        case recipient
    }

    package enum Records: String, Hashable, Sendable, CaseIterable {
        /// The addresses of the name itself.
        case addresses = "a"
        case mailExchangers = "mx"
        case nameServers = "ns"
    }

    package var subject: Subject
    package var records: Records

    package init(_ subject: Subject, _ records: Records) {
        self.subject = subject
        self.records = records
    }

    var restriction: String { "check_\(subject.rawValue)_\(records.rawValue)_access" }
}
