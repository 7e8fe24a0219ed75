import DNS

/// What DNS calls a client, as smtpd(8) finds it.
struct ClientNames: Hashable, Sendable {
    enum Name: Hashable, Sendable {
        case known(String)
        case none
        /// DNS doesn't answer, for now.
        case unavailable

        var text: String? {
            guard case .known(let text) = self else { return nil }
            return text
        }
    }

    /// The name of the address that leads back to it.
    var verified: Name
    /// What the address calls itself.
    var reverse: Name

    static let unknown = "unknown"

    static func find(_ address: IPAddress, _ resolver: any DNSResolver) async -> ClientNames {
        guard let client = DNSAddress(bytes: address.octets) else {
            return ClientNames(verified: .none, reverse: .none)
        }
        switch await resolver.names(of: client) {
        case .absent: return ClientNames(verified: .none, reverse: .none)
        case .unavailable: return ClientNames(verified: .unavailable, reverse: .unavailable)
        case .found(let found):
            // An address in the place of a name would pass for one wherever names are compared.
            guard let name = found.records.first, HostNames.isHostName(name.description),
                IPAddress(name.description) == nil
            else { return ClientNames(verified: .none, reverse: .none) }
            let reverse = Name.known(name.description)
            switch await resolver.addresses(of: name, client.family) {
            case .found(let addresses):
                return ClientNames(
                    verified: addresses.records.contains(client) ? reverse : .none, reverse: reverse)
            case .absent: return ClientNames(verified: .none, reverse: reverse)
            case .unavailable: return ClientNames(verified: .unavailable, reverse: reverse)
            }
        }
    }
}

extension RestrictionEvaluation {
    /// Looked up once for an evaluation, by the first restriction that needs it; replies name the client by it from then on.
    mutating func findClientNames() async -> ClientNames {
        if let clientNames { return clientNames }
        let found: ClientNames
        if let known = client.hostName {
            found = ClientNames(verified: .known(known), reverse: .known(known))
        } else if let address = client.address {
            found = await ClientNames.find(address, resolver)
        } else {
            found = ClientNames(verified: .none, reverse: .none)
        }
        client.hostName = found.verified.text
        clientNames = found
        return found
    }
}
