import Blocking
package import MailModel
package import NIOCore

/// One copy of a message to be delivered.
package struct MaildirRecipient: Sendable {
    package var mailbox: LocalMailbox
    /// Header lines for this copy alone (`Delivered-To: …`), before the common ones; empty where copies may be one file.
    package var header: [UInt8]

    package init(mailbox: LocalMailbox, header: [UInt8] = []) {
        self.mailbox = mailbox
        self.header = header
    }
}

/// A message that is in its mailbox, durably.
package struct DeliveredMessage: Hashable, Sendable {
    /// The mailbox's directory.
    package var path: [UInt8]
    package var fileName: [UInt8]
}

package typealias DeliveryOutcome = Result<DeliveredMessage, MailboxFailure>

/// Delivery into Maildirs: written to `tmp/`, synced, named in `new/`, and the names synced. Only then an outcome is a
/// success.
///
/// Recipients whose owner and header agree share one file, linked into each mailbox, where the file system allows it.
/// The work for one owner is one blocking transaction; owners go in parallel.
package struct MaildirDelivery: Sendable {
    let stores: MaildirStores

    package init(_ stores: MaildirStores) {
        self.stores = stores
    }

    /// Delivers a message that is in memory: `header` (trace lines for all) and `body`, with CRLF or LF line ends.
    /// - Returns: one outcome per recipient, in their order.
    package func deliver(
        _ body: ByteBuffer, header: [UInt8] = [], to recipients: [MaildirRecipient]
    ) async -> [DeliveryOutcome] {
        var outcomes = [DeliveryOutcome?](repeating: nil, count: recipients.count)
        let groups = DeliveryGroup.make(recipients, commonHeader: header, stores, failures: &outcomes)
        await deliver(groups, .memory(body), into: &outcomes)
        return outcomes.map { $0 ?? Self.lost }
    }

    /// Starts a message that comes in pieces: its file is opened in the first mailbox that takes it.
    package func begin(header: [UInt8] = [], to recipients: [MaildirRecipient]) async -> StreamedMaildirDelivery {
        var outcomes = [DeliveryOutcome?](repeating: nil, count: recipients.count)
        let groups = DeliveryGroup.make(recipients, commonHeader: header, stores, failures: &outcomes)
        return await StreamedMaildirDelivery(self, groups, outcomes)
    }

    /// Whether a message of `size` octets (0 where that is not known) would fit into the mailbox now; throws `.overQuota`
    /// where it would not. What goes wrong otherwise is found, and told, when mail is delivered.
    package func checkQuota(of mailbox: LocalMailbox, size: UInt64) async throws(MailboxFailure) {
        let kept = mailbox.quota
        guard kept.isLimited || kept.yieldsToMailbox else { return }
        let quota = stores.quota(
            mailbox.quota, try MaildirLocation(mailbox.location), owner: mailbox.owner, account: "\(mailbox.address)")
        try await withMailboxFailures {
            try await stores.pool.runWithIdentity(mailbox.owner) {
                try quota.check(size, to: .inbox, as: .delivery)
            }
        }
    }

    func deliver(
        _ groups: [DeliveryGroup], _ source: MessageSource, into outcomes: inout [DeliveryOutcome?]
    ) async {
        await withTaskGroup(of: [(Int, DeliveryOutcome)].self) { tasks in
            for group in groups {
                tasks.addTask { await deliver(group, source, written: nil) }
            }
            for await results in tasks {
                for (index, outcome) in results { outcomes[index] = outcome }
            }
        }
    }

    /// One owner's transaction, a second one for those whose directories only the service could make.
    func deliver(
        _ group: DeliveryGroup, _ source: MessageSource, written: WrittenMessage?
    ) async -> [(Int, DeliveryOutcome)] {
        let writer = DeliveryWriter(stores.roots, stores.options)
        var outcomes: [(Int, DeliveryOutcome)] = []
        var denied: [DeliveryGroup.Member] = []
        do {
            let results = try await stores.pool.runWithIdentity(group.owner) {
                writer.deliver(group, source, written: written)
            }
            for (member, result) in zip(group.members, results) {
                switch result {
                case .success(let message): outcomes.append((member.index, .success(message)))
                case .failure(let failure) where failure.isDenied: denied.append(member)
                case .failure(let failure): outcomes.append((member.index, .failure(failure.mailboxFailure)))
                }
            }
        } catch {
            return group.members.map { ($0.index, .failure(mailboxFailure(error))) }
        }
        if !denied.isEmpty { outcomes += await deliverAfterMakingDirectories(group, denied, source) }
        for case (_, .success(let message)) in outcomes { stores.noteChange(of: message.path, owner: group.owner) }
        return outcomes
    }

    /// The owner may not write where the mailbox is to be. If that is because directories are missing whose parent
    /// belongs to the service, the service makes them and gives them to the owner.
    private func deliverAfterMakingDirectories(
        _ group: DeliveryGroup, _ denied: [DeliveryGroup.Member], _ source: MessageSource
    ) async -> [(Int, DeliveryOutcome)] {
        var outcomes: [(Int, DeliveryOutcome)] = []
        var second = group
        second.members = []
        for member in denied {
            do {
                try await stores.makeMissingDirectory(of: member.path, for: group.owner)
                if let control = member.quota.location.control {
                    try await stores.makeMissingDirectory(of: control, for: group.owner)
                }
                second.members.append(member)
            } catch {
                outcomes.append((member.index, .failure(mailboxFailure(error))))
            }
        }
        guard !second.members.isEmpty else { return outcomes }
        do {
            let retried = second
            let writer = DeliveryWriter(stores.roots, stores.options)
            let results = try await stores.pool.runWithIdentity(group.owner) {
                writer.deliver(retried, source, written: nil)
            }
            for (member, result) in zip(second.members, results) {
                outcomes.append((member.index, result.mapError(\.mailboxFailure)))
            }
        } catch {
            outcomes += second.members.map { ($0.index, .failure(mailboxFailure(error))) }
        }
        return outcomes
    }

    /// For a recipient that no group reported: never a success.
    static let lost = DeliveryOutcome.failure(MailboxFailure(.unavailable, "the delivery gave no outcome"))
}
