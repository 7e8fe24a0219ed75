import SiteConfiguration

/// Whether a model lets a stranger relay: smtpd(8)'s evaluation of the restriction lists for a client outside of every
/// network that anybody would trust, who isn't logged in, and a recipient elsewhere. What can't be known here (a filter, a
/// table over a directory) counts as letting pass.
struct StrangersMail {
    let model: SiteModel
    /// TEST-NET-3 (RFC 5737) and a name below `invalid` (RFC 2606).
    static let address: [UInt8] = [203, 0, 113, 9]
    static let domain = "elsewhere.invalid"

    private enum Verdict { case permit, refuse, none }

    /// The listeners that would take the mail.
    var relayingListeners: [String] {
        model.listeners.filter { !$0.kind.isIMAP && mayRelay($0) }.map(\.name)
    }

    private func mayRelay(_ listener: ListenerModel) -> Bool {
        guard let name = listener.policy?.value else {
            return listener.trustedNetworks.contains { Self.network($0.value) }
        }
        guard let policy = model.policy(name) else { return true }
        if listener.options.requiresAuthentication?.value == true { return false }
        let lists = [
            policy.clientRestrictions, policy.heloRestrictions, policy.senderRestrictions, policy.relayRestrictions,
            policy.recipientRestrictions,
        ]
        for list in lists {
            verdicts: for restriction in list {
                switch verdict(restriction, policy) {
                case .permit: break verdicts
                case .refuse: return false
                case .none: continue
                }
            }
        }
        return true
    }

    private func verdict(_ restriction: RestrictionModel, _ policy: PolicyModel) -> Verdict {
        switch restriction {
        case .named(let name):
            switch name.value {
            case "permit": return .permit
            case "reject", "defer": return .refuse
            case "reject_unauth_destination", "defer_unauth_destination": return isOurs ? .none : .refuse
            case "permit_auth_destination": return isOurs ? .permit : .none
            case "permit_mynetworks": return isTrusted(policy) ? .permit : .none
            default: return .none
            }
        case .access(_, .constant(let value)):
            let action = value.value.uppercased()
            return action == "OK" || !action.isEmpty && action.allSatisfy(\.isNumber) ? .permit : .none
        case .access, .warning, .policyService: return .none
        }
    }

    /// Whether the other domain is one that mail is taken for.
    private var isOurs: Bool {
        let routing = model.routing
        return [routing.localDomains, routing.mailboxDomains, routing.aliasDomains, routing.relayDomains].contains {
            holds($0) { name in
                let name = name.lowercased()
                return name == Self.domain || Self.domain.hasSuffix(name.hasPrefix(".") ? name : "." + name)
            }
        }
    }

    private func isTrusted(_ policy: PolicyModel) -> Bool { holds(policy.networks, Self.network) }

    /// The first element that fits decides.
    private func holds(_ items: [MatchItemModel], _ fits: (String) -> Bool) -> Bool {
        for item in items {
            switch item {
            case .name(let name):
                let isExcepted = name.value.hasPrefix("!")
                if fits(isExcepted ? String(name.value.dropFirst()) : name.value) { return !isExcepted }
            case .table(.constant): return true
            case .exceptTable(.constant): return false
            case .table, .exceptTable: continue
            }
        }
        return false
    }

    /// Whether `203.0.113.0/24`, or anything that might be read as wide as that, holds the stranger's address.
    private static func network(_ text: String) -> Bool {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts[0].split(separator: ".").map { UInt8($0) }
        guard numbers.count == 4, !numbers.contains(nil) else { return text.hasPrefix("0/") || text == "0.0.0.0" }
        let length = parts.count == 2 ? Int(parts[1]) ?? 32 : 32
        let bits = numbers.compactMap { $0 }.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let stranger = address.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return length <= 0 || (length <= 32 && (bits ^ stranger) >> UInt32(32 - length) == 0)
    }
}
