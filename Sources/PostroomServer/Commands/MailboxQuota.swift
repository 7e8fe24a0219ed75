package import MailModel
import MailStore
import Routing

/// What one mailbox of an address holds and may hold.
package struct MailboxQuota: Sendable {
    package var address: EmailAddress
    package var location: MailboxLocation
    /// Nil where nothing limits it.
    package var status: QuotaStatus?
    /// Why it could not be told.
    package var failure: MailboxFailure?

    /// `anna@example.org: 12 of 100 KiB, 3 of 1000 messages`
    package var text: String {
        let name = VisibleText.escaped("\(address)")
        if let failure { return "\(name): \(VisibleText.escaped(failure.reason, backslashes: false))" }
        guard let status else { return "\(name): no quota" }
        return "\(name): \(status.text)"
    }

    fileprivate var document: JSONText {
        func number(_ value: UInt64?) -> JSONText { value.map { .number(Int64(clamping: $0)) } ?? .null }
        return .object([
            ("address", .string("\(address)")), ("path", .bytes(location.path)),
            ("bytes", number(status?.usage.storage)), ("bytesLimit", number(status?.storageLimit)),
            ("messages", number(status?.usage.messages)), ("messagesLimit", number(status?.messageLimit)),
            ("failure", failure.map { .string($0.reason) } ?? .null),
        ])
    }
}

extension QuotaStatus {
    /// `1024 of 2048 bytes, 3 messages`
    package var text: String {
        let storage = storageLimit.map { " of \($0)" } ?? ""
        let messages = messageLimit.map { " of \($0)" } ?? ""
        return "\(usage.storage)\(storage) bytes, \(usage.messages)\(messages) messages"
    }
}

extension QuotaStatus {
    /// `2048 bytes, 100 messages`
    var limitsText: String {
        [storageLimit.map { "\($0) bytes" }, messageLimit.map { "\($0) messages" }].compactMap { $0 }
            .joined(separator: ", ")
    }
}

extension [MailboxQuota] {
    package var json: String { JSONText.array(map(\.document)).serialized() }
}

/// What an address leads to, as far as quotas go.
package enum QuotaAnswer: Sendable {
    case mailboxes([MailboxQuota])
    /// Nobody has the address, or its mail goes elsewhere: what RCPT would say.
    case none(String)
    case unavailable(String)
}

extension Site {
    /// - Parameter recalculates: all messages are counted, and the sum is written down.
    package func quota(of address: EmailAddress, recalculates: Bool) async -> QuotaAnswer {
        let resolution = await router.resolve(address)
        guard case .deliver(let destinations) = resolution.verdict else {
            return resolution.isUnavailable ? .unavailable("\(resolution.reply)") : .none("\(resolution.reply)")
        }
        var found: [MailboxQuota] = []
        for case .mailbox(let mailbox) in destinations {
            var quota = MailboxQuota(address: mailbox.address, location: mailbox.location)
            do throws(MailboxFailure) {
                let store = try storage.store(for: mailbox.location, mailbox.owner, mailbox.quota)
                quota.status = recalculates ? try await store.recalculateQuota() : try await store.quotaStatus()
            } catch {
                quota.failure = error
            }
            found.append(quota)
        }
        return found.isEmpty ? .none("mail for \(address) goes elsewhere") : .mailboxes(found)
    }
}
