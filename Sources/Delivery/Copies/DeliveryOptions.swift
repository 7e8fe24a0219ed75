/// How a site's copies look.
package struct DeliveryOptions: Hashable, Sendable {
    package enum RecipientHeaders: Hashable, Sendable {
        /// `X-Original-To` and `Delivered-To` only in a message with one destination: several share one file.
        case whenAlone
        /// In every copy, as Postfix's virtual(8) does; no two copies can be one file.
        case always
    }

    package var recipientHeaders: RecipientHeaders

    package init(recipientHeaders: RecipientHeaders = .whenAlone) {
        self.recipientHeaders = recipientHeaders
    }
}
