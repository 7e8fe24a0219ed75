import DNS
import MailModel

/// What DNS knows of a name that mail is to come from or go to.
enum MailName: Hashable, Sendable {
    case exists
    /// It says that it takes no mail (RFC 7505).
    case refusesMail
    case absent
    case unavailable(String)

    /// For domains of addresses MX comes first, for hosts their address: nothing more is asked once one is found.
    static func find(_ name: DNSName?, exchangersFirst: Bool, _ resolver: any DNSResolver) async -> MailName {
        // No name can be asked for that DNS can't hold.
        guard let name else { return .absent }
        var failure: MailName?
        var isAbsent = false
        func exchangers() async -> MailName? {
            switch await resolver.mailExchangers(of: name) {
            case .found(let found): return found.records.allSatisfy { $0.host == nil } ? .refusesMail : .exists
            case .absent(let nameExists, _): isAbsent = !nameExists
            case .unavailable(let reason): failure = .unavailable(reason)
            }
            return nil
        }
        if exchangersFirst, let found = await exchangers() { return found }
        for family in DNSAddress.Family.allCases where !isAbsent {
            switch await resolver.addresses(of: name, family) {
            case .found: return .exists
            case .absent(let nameExists, _): isAbsent = !nameExists
            case .unavailable(let reason): failure = .unavailable(reason)
            }
        }
        if !exchangersFirst, !isAbsent, let found = await exchangers() { return found }
        return failure ?? .absent
    }
}
