package import Directory
import LookupTables
package import MailModel

/// Which class a domain belongs to: the lists in the order of Postfix's trivial-rewrite(8), the first match deciding.
package struct DomainClassifier: Sendable {
    package let options: RoutingOptions

    package init(_ options: RoutingOptions) {
        self.options = options
    }

    /// Never `absent`: a domain in no list is `remote`. A list that can't be read leaves the class open, whatever the
    /// lists after it hold.
    package func addressClass(of domain: Domain) async -> Answer<AddressClass> {
        var steps: [TraceStep] = []
        func decided(_ addressClass: AddressClass, _ location: SourceLocation?) -> Answer<AddressClass> {
            let text = "\(domain) is \(addressClass.description)"
            let step = TraceStep(
                .decision(rule: addressClass.setting, text: text), location: location, children: steps)
            return Answer(.found(addressClass), steps: [step])
        }

        if options.addressLiterals.contains(domain) { return decided(.local, nil) }
        let lists: [(AddressClass, MatchList)] = [
            (.local, options.myDestination),
            (.virtualAlias, options.virtualAliasDomains),
            (.virtualMailbox, options.virtualMailboxDomains),
            (.relay, options.relayDomains),
        ]
        for (addressClass, list) in lists {
            let answer = await list.contains(domain.bytes)
            steps += answer.steps
            switch answer.outcome {
            case .found(true):
                return decided(addressClass, list.location)
            case .found(false), .absent:
                continue
            case .unavailable(let reason):
                let step = TraceStep(
                    .decision(
                        rule: addressClass.setting, text: "can't tell whether \(domain) is \(addressClass.description)"),
                    location: list.location, children: steps)
                return Answer(.unavailable(reason), steps: [step])
            }
        }
        // Its addresses stand for others, and there are no mailboxes in it.
        if options.senderRewriting?.domain == domain { return decided(.virtualAlias, nil) }
        return decided(.remote, nil)
    }
}
