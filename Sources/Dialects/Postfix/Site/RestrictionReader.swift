import Directory
import SiteConfiguration

/// The restriction lists of smtpd(8).
struct RestrictionReader {
    let parameters: ParameterReader

    init(_ parameters: ParameterReader) {
        self.parameters = parameters
    }

    private var reading: PostfixReading { parameters.reading }

    /// Classes that no list names can only be meant by the answers of access tables, where they are not known.
    func tellUnusedClasses() {
        let unused = classNames().filter { parameters.isSet($0) && !reading.isTold($0) }.sorted()
        guard !unused.isEmpty else { return }
        parameters.tell(
            "smtpd_restriction_classes", .unsupported(.relaying),
            "\(unused.joined(separator: ", ")) can only be the answer of an access table, which can't name a class here"
        )
    }

    /// Whose turn a list is: decides what a bare `type:table` in it looks up.
    enum Stage: String {
        case client, helo, sender, relay, recipient, data
        case endOfData = "end_of_data"

        var accessKey: RestrictionModel.AccessKey {
            switch self {
            case .client: .client
            case .helo: .helo
            case .sender: .sender
            case .relay, .recipient, .data, .endOfData: .recipient
            }
        }
    }

    /// Elements of one list with its classes expanded; classes within classes.
    private static let maximumElements = 1000
    private static let maximumDepth = 20

    /// What Postroom does as Postfix does.
    private static let served: Set<String> = [
        "permit", "reject", "defer", "permit_mynetworks",
        "permit_sasl_authenticated", "permit_auth_destination", "reject_unauth_destination",
        "defer_unauth_destination", "reject_sender_login_mismatch", "reject_authenticated_sender_login_mismatch",
        "reject_known_sender_login_mismatch", "reject_unauthenticated_sender_login_mismatch",
        "reject_unlisted_recipient", "reject_unlisted_sender", "reject_unauth_pipelining", "reject_non_fqdn_sender",
        "reject_non_fqdn_recipient",
        "reject_non_fqdn_helo_hostname", "reject_invalid_helo_hostname", "reject_unknown_client_hostname",
        "reject_unknown_reverse_client_hostname", "reject_unknown_helo_hostname", "reject_unknown_sender_domain",
        "reject_unknown_recipient_domain",
    ]

    /// Checks of strangers that take no part in who may relay: the site starts without them.
    private static let filters: Set<String> = [
        "reject_multi_recipient_bounce", "reject_unverified_sender", "reject_unverified_recipient",
    ]

    /// With the domain of a list behind them that is asked by DNS.
    private static let listed: Set<String> = [
        "reject_rbl_client", "reject_rhsbl_client", "reject_rhsbl_helo", "reject_rhsbl_sender",
        "reject_rhsbl_recipient", "reject_rhsbl_reverse_client", "permit_dnswl_client", "permit_rhswl_client",
    ]

    /// Names of Postfix before 2.3.
    private static let formerNames = [
        "reject_unknown_client": "reject_unknown_client_hostname",
        "reject_invalid_hostname": "reject_invalid_helo_hostname",
        "reject_non_fqdn_hostname": "reject_non_fqdn_helo_hostname",
        "reject_unknown_hostname": "reject_unknown_helo_hostname",
        "reject_unknown_address": "reject_unknown_sender_domain",
        "check_relay_domains": "reject_unauth_destination",
    ]

    /// `check_…_access` of what Postroom doesn't know of a client.
    private static let withTable: Set<String> = ["check_ccert_access", "check_sasl_access", "check_etrn_access"]

    private static let unserved: Set<String> = [
        "permit_tls_clientcerts", "permit_tls_all_clientcerts", "permit_mx_backup", "permit_naked_ip_address",
        "reject_plaintext_session", "reject_maps_rbl", "permit_inet_interfaces",
    ]

    func list(_ name: String, stage: Stage, _ note: String) -> [RestrictionModel] {
        let words = parameters.words(name, note)
        var expansion = Expansion(stage: stage, classes: classNames())
        return restrictions(words, parameter: name, depth: 0, &expansion)
    }

    /// Classes that access tables may name; lists that name one hold its restrictions themselves.
    func classes() -> [RestrictionClassModel] {
        let names = parameters.words("smtpd_restriction_classes", "lists that other lists name")
        return names.map { name in
            var expansion = Expansion(stage: .recipient, classes: Set(names.map(\.value)))
            let words = parameters.words(name.value, "a class of restrictions")
            return RestrictionClassModel(
                name: name, restrictions: restrictions(words, parameter: name.value, depth: 1, &expansion))
        }
    }

    private struct Expansion {
        let stage: Stage
        let classes: Set<String>
        var elements = 0
    }

    private func classNames() -> Set<String> {
        Set(parameters.words("smtpd_restriction_classes", "lists that other lists name").map(\.value))
    }

    private func restrictions(
        _ words: [Located<String>], parameter: String, depth: Int, _ expansion: inout Expansion
    ) -> [RestrictionModel] {
        guard depth <= Self.maximumDepth else {
            reading.error(
                at: words.first?.location ?? .builtIn, "\(parameter): restriction classes lead to each other",
                remedy: "take the circle out of smtpd_restriction_classes")
            return []
        }
        var result: [RestrictionModel] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            expansion.elements += 1
            guard expansion.elements <= Self.maximumElements else {
                reading.error(
                    at: word.location, "\(parameter): more than \(Self.maximumElements) restrictions",
                    remedy: "shorten the list")
                return result
            }
            result += restriction(word, &rest, parameter: parameter, depth: depth, &expansion)
        }
        return result
    }

    /// One restriction and what belongs to it; none when it is passed over, several for a class.
    private func restriction(
        _ word: Located<String>, _ rest: inout ArraySlice<Located<String>>, parameter: String, depth: Int,
        _ expansion: inout Expansion
    ) -> [RestrictionModel] {
        let lower = word.value.lowercased()
        let name = Self.formerNames[lower] ?? lower
        if expansion.classes.contains(word.value) {
            let inside = parameters.words(word.value, "a class of restrictions, used in \(parameter)")
            return restrictions(inside, parameter: word.value, depth: depth + 1, &expansion)
        }
        if name == "warn_if_reject" {
            guard let next = rest.popFirst() else {
                reading.error(
                    at: word.location, "\(parameter): warn_if_reject stands before nothing",
                    remedy: "write a restriction behind it")
                return []
            }
            let warned = restriction(next, &rest, parameter: parameter, depth: depth + 1, &expansion)
            return warned.map { .warning($0, at: word) }
        }
        if let key = RestrictionModel.AccessKey(rawValue: name) {
            guard let table = rest.popFirst() else { return missing("a table type:name", after: word, parameter) }
            return access(Located(key, at: word.location), table)
        }
        if name == "check_policy_service" {
            guard let server = rest.popFirst() else {
                return missing("the server, such as unix:private/policy", after: word, parameter)
            }
            return policyService(server)
        }
        if Self.listed.contains(name) {
            guard let list = rest.popFirst() else { return missing("the domain of a list", after: word, parameter) }
            return [.named(Located("\(name) \(list.value)", at: word.location))]
        }
        if Self.withTable.contains(name) || name == "sleep" {
            guard let argument = rest.popFirst() else { return missing("a word", after: word, parameter) }
            return unserved(name, argument, word, parameter)
        }
        if Self.served.contains(name) { return [.named(Located(name, at: word.location))] }
        if Self.filters.contains(name) || Self.unserved.contains(name) { return unserved(name, nil, word, parameter) }
        if name == "defer_if_permit" || name == "defer_if_reject" {
            // What nothing after it refuses is put off: the same as deferring at once, but for the reply's code.
            reading.report(
                name, at: word.location, .ignored,
                "in \(parameter): \(name == "defer_if_permit" ? "taken as defer" : "passed over")")
            return name == "defer_if_permit" ? [.named(Located("defer", at: word.location))] : []
        }
        if TableReader.isTable(word.value) {
            return access(Located(expansion.stage.accessKey, at: word.location), word)
        }
        // Postfix answers every client with a server configuration error.
        reading.error(
            at: word.location, "\(parameter): there is no restriction \"\(WordList.printable(word.value))\"",
            remedy: nearest(name).map { "did you mean \($0)?" } ?? "see postconf(5)")
        return []
    }

    private func missing(_ what: String, after word: Located<String>, _ parameter: String) -> [RestrictionModel] {
        reading.error(
            at: word.location, "\(parameter): \(word.value) stands before nothing", remedy: "write \(what) behind it")
        return []
    }

    private func access(_ key: Located<RestrictionModel.AccessKey>, _ word: Located<String>) -> [RestrictionModel] {
        TableReader(reading, effect: .relaying).tables([word]).map { .access(key, $0) }
    }

    private func policyService(_ server: Located<String>) -> [RestrictionModel] {
        var address = server
        if let inside = WordList.insideBraces(server.value) {
            address = server.map { _ in WordList.words(inside)?.first ?? "" }
        }
        if address.value.hasPrefix("unix:") {
            let path = reading.absolute(String(address.value.dropFirst("unix:".count)))
            address = address.map { _ in "unix:\(reading.draft.files.hostPath(path))" }
        }
        reading.report(
            "check_policy_service", value: server.value, at: server.location, .used,
            "the policy server is asked; while it doesn't answer, mail is put off")
        return [.policyService(address)]
    }

    private func unserved(
        _ name: String, _ argument: Located<String>?, _ word: Located<String>, _ parameter: String
    ) -> [RestrictionModel] {
        let text = argument.map { "\(name) \($0.value)" } ?? name
        if Self.filters.contains(name) {
            reading.report(
                name, value: argument?.value ?? "", at: word.location, .missingFilter, "in \(parameter): passed over")
        } else if name == "sleep" {
            reading.report(
                name, value: argument?.value ?? "", at: word.location, .ignored, "in \(parameter): passed over")
            return []
        } else {
            reading.report(
                name, value: argument?.value ?? "", at: word.location,
                .unsupported(name == "reject_plaintext_session" ? .encryption : .relaying), "in \(parameter)")
        }
        return [.named(Located(text, at: word.location))]
    }

    private func nearest(_ name: String) -> String? {
        let known = Self.served.union(Self.filters).union(Self.listed).union(
            RestrictionModel.AccessKey.allCases.map(\.rawValue))
        return name.utf8.count <= 60 ? ParameterDefaults.nearest(name, in: known.sorted()) : nil
    }
}

extension RestrictionModel {
    /// Whether it keeps strangers from relaying: smtpd(8) demands one in the relay or the recipient list.
    var guardsRelaying: Bool {
        guard case .named(let name) = self else { return false }
        return ["reject", "defer", "reject_unauth_destination", "defer_unauth_destination"].contains(name.value)
    }
}
