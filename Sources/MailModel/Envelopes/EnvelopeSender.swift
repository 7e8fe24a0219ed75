/// The first half of an envelope: MAIL FROM and its parameters.
package struct EnvelopeSender: Hashable, Sendable {
    package enum Body: Hashable, Sendable {
        case sevenBit
        case eightBitMIME
        case binaryMIME
    }

    /// RET (RFC 3461 §4.3): what a failure report returns.
    package enum Return: Hashable, Sendable {
        case full
        case headers
    }

    package var path: ReversePath
    /// SIZE (RFC 1870), in bytes, as declared.
    package var declaredSize: UInt64?
    package var body: Body
    package var smtpUTF8: Bool
    package var ret: Return?
    /// ENVID (RFC 3461 §4.4), decoded from xtext.
    package var envelopeID: [UInt8]?

    package init(
        path: ReversePath, declaredSize: UInt64? = nil, body: Body = .sevenBit, smtpUTF8: Bool = false,
        ret: Return? = nil, envelopeID: [UInt8]? = nil
    ) {
        self.path = path
        self.declaredSize = declaredSize
        self.body = body
        self.smtpUTF8 = smtpUTF8
        self.ret = ret
        self.envelopeID = envelopeID
    }
}

/// One RCPT TO and its parameters.
package struct EnvelopeRecipient: Hashable, Sendable {
    /// NOTIFY (RFC 3461 §4.1); empty stands for NEVER.
    package struct Notify: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        package static let success = Notify(rawValue: 1)
        package static let failure = Notify(rawValue: 2)
        package static let delay = Notify(rawValue: 4)
    }

    package var address: EmailAddress
    /// Nil when the client said nothing: the default of RFC 3461 §4.1 applies.
    package var notify: Notify?
    /// ORCPT (RFC 3461 §4.2): address type and address, decoded from xtext.
    package var originalRecipient: String?
    /// The path named relays to pass (`<@a,@b:user@c>`, RFC 5321 §4.1.1.3); they are dropped, `address` is the last part.
    package var hasSourceRoute: Bool

    package init(
        address: EmailAddress, notify: Notify? = nil, originalRecipient: String? = nil, hasSourceRoute: Bool = false
    ) {
        self.address = address
        self.notify = notify
        self.originalRecipient = originalRecipient
        self.hasSourceRoute = hasSourceRoute
    }

    /// Whether the client, not the directory, says how the mail goes on from here: a source route, or one hidden in the
    /// local part. Relay rules refuse such recipients even where the domain is ours.
    package var hasSenderSpecifiedRouting: Bool { hasSourceRoute || address.hasSenderSpecifiedRouting }
}
