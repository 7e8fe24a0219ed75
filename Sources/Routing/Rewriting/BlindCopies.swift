import Directory
import LookupTables
package import MailModel

extension Router {
    /// A copy that nobody sees in the headers.
    package struct BlindCopy: Sendable {
        package enum Target: Sendable {
            case found(EmailAddress, Resolution)
            /// The table can't be asked, or what it holds is no address.
            case failed(String)
        }

        /// `sender_bcc_maps`
        package var setting: String
        package var target: Target
    }

    /// The copies of a message that `always_bcc`, `sender_bcc_maps` and `recipient_bcc_maps` ask for, each resolved as a
    /// recipient of its own. Sender and recipients are those of the envelope, `sender` after its rewriting.
    package func blindCopies(sender: ReversePath, recipients: [EmailAddress]) async -> [BlindCopy] {
        let copies = options.blindCopies
        guard !copies.isEmpty else { return [] }
        var results: [BlindCopy] = []
        var known: Set<[UInt8]> = []
        func add(_ setting: String, _ value: [UInt8]) async {
            guard let address = blindCopyAddress(value) else {
                let text = String(decoding: value, as: UTF8.self)
                results.append(BlindCopy(setting: setting, target: .failed("“\(text)” is no address")))
                return
            }
            guard known.insert(LookupKey.folded(address.unquoted)).inserted else { return }
            results.append(BlindCopy(setting: setting, target: .found(address, await resolve(address))))
        }
        func addFound(_ setting: String, _ address: EmailAddress, _ tables: [any LookupTable]) async {
            guard !tables.isEmpty else { return }
            let local = await LocalNames(options: options).contains(address.domain)
            if case .unavailable(let reason) = local.outcome {
                results.append(BlindCopy(setting: setting, target: .failed(reason.text)))
                return
            }
            let answer = await AddressLookup.find(
                address, in: tables, delimiter: options.recipientDelimiter, spelling: options.aliasKeySpelling,
                isLocal: local.outcome.isFound(true))
            switch answer.outcome {
            case .absent: break
            case .found(let hit): await add(setting, hit.value)
            case .unavailable(let reason):
                results.append(BlindCopy(setting: setting, target: .failed(reason.text)))
            }
        }
        if let always = copies.always { await add("always_bcc", always) }
        if let address = sender.address { await addFound("sender_bcc_maps", address, copies.senderMaps) }
        for recipient in recipients {
            let rewritten = await CanonicalRewriting(options: options).rewrite(recipient, as: .envelopeRecipient)
            var address = recipient
            if case .found(let found) = rewritten.outcome { address = found }
            await addFound("recipient_bcc_maps", address, copies.recipientMaps)
        }
        return results
    }

    private func blindCopyAddress(_ value: [UInt8]) -> EmailAddress? {
        switch AddressList(value).elements.first {
        case .address(let address): options.completed(address)
        case .unqualified(let name): qualified(name)
        case .otherDomain, .unusable, nil: nil
        }
    }
}
