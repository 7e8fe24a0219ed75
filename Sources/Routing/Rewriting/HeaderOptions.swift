/// What is done to the header of a message on its way in, in the words of cleanup(8).
package struct HeaderOptions: Hashable, Sendable {
    /// `message_drop_headers`, in lower case: fields that no message keeps.
    package var dropped: Set<[UInt8]> = []
    /// Fields that only messages lose whose client is one for whom headers are rewritten: what a mail program writes for
    /// its own server (RFC 6409 §8).
    package var droppedForLocalClients: Set<[UInt8]> = HeaderOptions.names([
        "bcc", "content-length", "resent-bcc", "return-path",
    ])
    /// `always_add_missing_headers`: for every client's messages.
    package var alwaysAddsMissing = false
    /// `append_at_myorigin`: addresses without a domain get ours.
    package var appendsOrigin = true

    package init() {}

    package static func names(_ names: some Sequence<String>) -> Set<[UInt8]> {
        Set(names.map { Array($0.lowercased().utf8) })
    }
}
