package import LookupTables

/// canonical(5): which tables rewrite the addresses of envelopes.
package struct CanonicalOptions: Sendable {
    /// `recipient_canonical_maps`, asked first for recipients.
    package var recipientMaps: [any LookupTable] = []
    /// `sender_canonical_maps`, asked first for senders.
    package var senderMaps: [any LookupTable] = []
    /// `canonical_maps`, asked afterwards for both.
    package var maps: [any LookupTable] = []
    /// `propagate_unmatched_extensions = canonical …`
    package var propagateUnmatchedExtensions = true

    package init() {}

    var rewritesRecipients: Bool { !recipientMaps.isEmpty || !maps.isEmpty }
    var rewritesSenders: Bool { !senderMaps.isEmpty || !maps.isEmpty }
}

/// Copies that nobody sees in the headers.
package struct BlindCopyOptions: Sendable {
    /// `always_bcc`.
    package var always: [UInt8]?
    /// `sender_bcc_maps`.
    package var senderMaps: [any LookupTable] = []
    /// `recipient_bcc_maps`.
    package var recipientMaps: [any LookupTable] = []

    package init() {}

    var isEmpty: Bool { always == nil && senderMaps.isEmpty && recipientMaps.isEmpty }
}
