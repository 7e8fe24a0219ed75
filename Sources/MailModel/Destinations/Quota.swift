/// How much a mailbox may hold; nil means no limit.
package struct Quota: Hashable, Sendable {
    /// Bytes of message text.
    package var storage: UInt64?
    package var messages: UInt64?

    package init(storage: UInt64? = nil, messages: UInt64? = nil) {
        self.storage = storage
        self.messages = messages
    }

    package static let unlimited = Quota()
}
