import Blocking
package import MailModel
package import NIOCore

/// Delivery into mailboxes, whatever form each has: durable when an outcome is a success.
package struct MailboxDelivery: Sendable {
    let maildirs: MaildirDelivery
    let mboxes: MboxDelivery

    package init(_ stores: MailboxStores) {
        maildirs = MaildirDelivery(stores.maildirs)
        mboxes = MboxDelivery(stores.mboxes)
    }

    /// Delivers a message that is in memory: `header` (trace lines for all) and `body`, with CRLF or LF line ends.
    /// - Returns: one outcome per recipient, in their order.
    package func deliver(
        _ body: ByteBuffer, header: [UInt8] = [], to recipients: [MaildirRecipient]
    ) async -> [DeliveryOutcome] {
        let parts = Self.split(recipients)
        async let toMaildirs =
            parts.maildirs.isEmpty
            ? [] : maildirs.deliver(body, header: header, to: parts.maildirs.map(\.1))
        async let toMboxes =
            parts.mboxes.isEmpty
            ? [] : mboxes.deliver(MboxDelivery.Message(body), common: header, to: parts.mboxes)
        return Self.join(recipients.count, parts, await toMaildirs, await toMboxes)
    }

    /// Whether a message of `size` octets (0 where that is not known) would fit into the mailbox now; throws `.overQuota`
    /// where it would not.
    package func checkQuota(of mailbox: LocalMailbox, size: UInt64) async throws(MailboxFailure) {
        guard mailbox.location.format == .mbox else {
            return try await maildirs.checkQuota(of: mailbox, size: size)
        }
        try await mboxes.checkQuota(of: mailbox, size: size)
    }

    /// Starts a message that comes in pieces.
    package func begin(header: [UInt8] = [], to recipients: [MaildirRecipient]) async -> StreamedMailboxDelivery {
        await StreamedMailboxDelivery(self, header, recipients)
    }

    typealias Parts = (maildirs: [(Int, MaildirRecipient)], mboxes: [(index: Int, recipient: MaildirRecipient)])

    static func split(_ recipients: [MaildirRecipient]) -> Parts {
        var parts: Parts = ([], [])
        for (index, recipient) in recipients.enumerated() {
            switch recipient.mailbox.location.format {
            case .maildir: parts.maildirs.append((index, recipient))
            case .mbox: parts.mboxes.append((index, recipient))
            }
        }
        return parts
    }

    static func join(
        _ count: Int, _ parts: Parts, _ maildirs: [DeliveryOutcome], _ mboxes: [(Int, DeliveryOutcome)]
    ) -> [DeliveryOutcome] {
        var outcomes = [DeliveryOutcome](repeating: MaildirDelivery.lost, count: count)
        for ((index, _), outcome) in zip(parts.maildirs, maildirs) { outcomes[index] = outcome }
        for (index, outcome) in mboxes { outcomes[index] = outcome }
        return outcomes
    }
}

/// A message that comes in pieces, for mailboxes of any form. Ends with `commit` or `abort`.
package actor StreamedMailboxDelivery {
    private let delivery: MailboxDelivery
    private let header: [UInt8]
    private let count: Int
    private let parts: MailboxDelivery.Parts
    private let maildirs: StreamedMaildirDelivery?
    /// What goes into mboxes is gathered here: an mbox is locked only while a whole message is written.
    private var gathered: FileHandle?
    private var lineEnds = LineEndsToLF()
    private var failure: MailboxFailure?

    init(_ delivery: MailboxDelivery, _ header: [UInt8], _ recipients: [MaildirRecipient]) async {
        self.delivery = delivery
        self.header = header
        count = recipients.count
        parts = MailboxDelivery.split(recipients)
        maildirs =
            parts.maildirs.isEmpty
            ? nil : await delivery.maildirs.begin(header: header, to: parts.maildirs.map(\.1))
        guard !parts.mboxes.isEmpty else { return }
        do {
            gathered = try await delivery.mboxes.stores.pool.run { try FileHandle.unnamed() }
        } catch {
            failure = mailboxFailure(error)
        }
    }

    /// Why nothing can be delivered, if that is known already: the rest of the message need not be read.
    package var firstFailure: MailboxFailure? {
        get async {
            if !parts.mboxes.isEmpty, failure == nil { return nil }
            guard let maildirs else { return failure }
            return await maildirs.firstFailure
        }
    }

    /// Adds a piece, with the line ends of the wire. After a failure further pieces are dropped.
    package func append(_ chunk: ByteBuffer) async {
        await maildirs?.append(chunk)
        guard gathered != nil else { return }
        var output: [UInt8] = []
        output.reserveCapacity(chunk.readableBytes)
        chunk.withUnsafeReadableBytes { lineEnds.convert($0, into: &output) }
        await gather(output)
    }

    private func gather(_ bytes: [UInt8]) async {
        guard let gathered, failure == nil, !bytes.isEmpty else { return }
        do {
            try await delivery.mboxes.stores.pool.run { try gathered.write(bytes) }
        } catch {
            failure = mailboxFailure(error)
        }
    }

    /// Makes every copy durable.
    /// - Returns: one outcome per recipient, in their order.
    package func commit() async -> [DeliveryOutcome] {
        let toMaildirs = await maildirs?.commit() ?? []
        return MailboxDelivery.join(count, parts, toMaildirs, await commitMboxes())
    }

    private func commitMboxes() async -> [(Int, DeliveryOutcome)] {
        guard !parts.mboxes.isEmpty else { return [] }
        var output: [UInt8] = []
        lineEnds.finish(into: &output)
        await gather(output)
        let size = lineEnds.size
        do {
            if let failure { throw failure }
            guard let file = gathered else {
                throw MailboxFailure(.unavailable, "the message was delivered or given up already")
            }
            gathered = nil
            let message = try await delivery.mboxes.stores.pool.run { try MboxDelivery.Message(file, size: size) }
            return await delivery.mboxes.deliver(message, common: header, to: parts.mboxes)
        } catch {
            let failure = mailboxFailure(error)
            return parts.mboxes.map { ($0.index, .failure(failure)) }
        }
    }

    package func abort() async {
        gathered = nil
        await maildirs?.abort()
    }
}
