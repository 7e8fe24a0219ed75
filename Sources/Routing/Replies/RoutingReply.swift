package import MailModel

/// The replies that routing gives, in Postfix's words, so that what administrators and log watchers know stays true.
package enum RoutingReply {
    /// The directory did not answer.
    package static func temporaryLookupFailure(_ recipient: EmailAddress) -> SMTPReply {
        SMTPReply(451, EnhancedStatusCode(4, 3, 0), "<\(recipient)>: Temporary lookup failure")
    }

    /// The directory answered with something that can't be served: a bad path, a bad uid, an alias that is no address.
    package static func serverConfigurationError(_ recipient: EmailAddress) -> SMTPReply {
        SMTPReply(451, EnhancedStatusCode(4, 3, 5), "<\(recipient)>: Server configuration error")
    }

    package static func noPostmaster(_ recipient: EmailAddress) -> SMTPReply {
        SMTPReply(
            451, EnhancedStatusCode(4, 3, 5),
            "<\(recipient)>: Recipient address deferred: no postmaster mailbox is configured")
    }

    /// Aliases nested deeper than `virtual_alias_recursion_limit`, or an address that grew too long.
    package static func aliasExpansionError(_ recipient: EmailAddress) -> SMTPReply {
        SMTPReply(451, EnhancedStatusCode(4, 6, 0), "<\(recipient)>: Alias expansion error")
    }

    /// More addresses than `virtual_alias_expansion_limit`.
    package static func tooManyAddresses(_ recipient: EmailAddress) -> SMTPReply {
        SMTPReply(
            452, EnhancedStatusCode(4, 5, 3), "<\(recipient)>: Recipient address deferred: alias has too many addresses"
        )
    }

    package static func forwardingLoop(_ recipient: EmailAddress) -> SMTPReply {
        SMTPReply(
            554, EnhancedStatusCode(5, 4, 6), "<\(recipient)>: Recipient address rejected: mail forwarding loop")
    }

    package static func unknownTransport(_ recipient: EmailAddress) -> SMTPReply {
        SMTPReply(
            451, EnhancedStatusCode(4, 3, 5), "<\(recipient)>: Recipient address deferred: mail transport unavailable")
    }

    /// `retry:` in a transport table.
    package static func putOff(_ recipient: EmailAddress, _ status: EnhancedStatusCode, _ text: String) -> SMTPReply {
        rejected(recipient, status, text)
    }

    /// An alias leads to what only local(8) of Postfix delivers to.
    package static func cannotDeliver(_ recipient: EmailAddress, to what: String) -> SMTPReply {
        SMTPReply(
            451, EnhancedStatusCode(4, 3, 5),
            "<\(recipient)>: Recipient address deferred: its alias leads to \(what), which this server can't deliver to"
        )
    }

    /// canonical(5) can't be asked, or never ends.
    package static func rewritingError(_ address: EmailAddress) -> SMTPReply {
        SMTPReply(451, EnhancedStatusCode(4, 6, 0), "<\(address)>: Address rewriting error")
    }

    /// `550 5.1.1 <r>: Recipient address rejected: text`; a 4.x.x status gives 450.
    package static func rejected(_ recipient: EmailAddress, _ status: EnhancedStatusCode, _ text: String) -> SMTPReply {
        SMTPReply(
            status.statusClass == 4 ? 450 : 550, status, "<\(recipient)>: Recipient address rejected: \(text)")
    }
}
