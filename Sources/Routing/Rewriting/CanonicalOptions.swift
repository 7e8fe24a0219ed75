package import LookupTables

/// canonical(5): which tables rewrite addresses, and where.
package struct CanonicalOptions: Sendable {
    /// The places of addresses, as `canonical_classes` names them.
    package enum AddressClass: String, CaseIterable, Sendable {
        case envelopeSender = "envelope_sender"
        case envelopeRecipient = "envelope_recipient"
        case headerSender = "header_sender"
        case headerRecipient = "header_recipient"

        var isSender: Bool { self == .envelopeSender || self == .headerSender }
    }

    /// `recipient_canonical_maps`, asked first for recipients.
    package var recipientMaps: [any LookupTable] = []
    /// `sender_canonical_maps`, asked first for senders.
    package var senderMaps: [any LookupTable] = []
    /// `canonical_maps`, asked afterwards for both.
    package var maps: [any LookupTable] = []
    /// `recipient_canonical_classes`
    package var recipientClasses: Set<AddressClass> = [.envelopeRecipient, .headerRecipient]
    /// `sender_canonical_classes`
    package var senderClasses: Set<AddressClass> = [.envelopeSender, .headerSender]
    /// `canonical_classes`
    package var classes = Set(AddressClass.allCases)
    /// `propagate_unmatched_extensions = canonical …`
    package var propagateUnmatchedExtensions = true
    /// What is done after all tables.
    package var masquerading = Masquerading()

    package init() {}

    /// The lists that rewrite an address of this class, in their order.
    func lists(for addressClass: AddressClass) -> [(setting: String, tables: [any LookupTable])] {
        let own: (setting: String, tables: [any LookupTable], classes: Set<AddressClass>) =
            addressClass.isSender
            ? ("sender_canonical_maps", senderMaps, senderClasses)
            : ("recipient_canonical_maps", recipientMaps, recipientClasses)
        var lists: [(setting: String, tables: [any LookupTable])] = []
        if own.classes.contains(addressClass), !own.tables.isEmpty { lists.append((own.setting, own.tables)) }
        if classes.contains(addressClass), !maps.isEmpty { lists.append(("canonical_maps", maps)) }
        return lists
    }

    func rewrites(_ addressClass: AddressClass) -> Bool {
        !lists(for: addressClass).isEmpty || masquerading.isUsed(for: addressClass)
    }
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
