import Directory
import MailModel

extension AliasExpansion {
    /// The steps as a tree: those of the recipient first, then each target with its own below it.
    func trace() -> [TraceStep] {
        // From the last node to the first, so that children are built before their parents: parents come first in `nodes`.
        var steps = nodes.map { node in (classes[node.address.domain]?.steps ?? []) + node.steps }
        var shown: Set<Domain> = []
        for (index, node) in nodes.enumerated() where !shown.insert(node.address.domain).inserted {
            // The class of a domain is asked once, and shown where it was asked.
            steps[index] = node.steps
        }
        for index in nodes.indices.reversed() {
            let node = nodes[index]
            for child in node.children {
                let step = TraceStep(.decision(rule: "recipient", text: nodes[child].summary), children: steps[child])
                steps[index].append(step)
            }
        }
        return steps[0]
    }
}

extension AliasExpansion.Node {
    fileprivate var summary: String {
        switch fate {
        case .open, .expanded, .final: "\(address)"
        case .itself: "\(address), named by its own alias: kept"
        case .loop: "\(address) is on its own way already: a loop, ignored"
        case .duplicate: "\(address) has been reached already"
        case .unavailable: "\(address): no answer"
        }
    }
}

extension AliasExpansion.Limit {
    var setting: String {
        switch self {
        case .recursion: "virtual_alias_recursion_limit"
        case .addresses: "virtual_alias_expansion_limit"
        case .length: "virtual_alias_address_length_limit"
        }
    }

    func reply(_ recipient: EmailAddress) -> SMTPReply {
        switch self {
        case .recursion, .length: RoutingReply.aliasExpansionError(recipient)
        case .addresses: RoutingReply.tooManyAddresses(recipient)
        }
    }
}
