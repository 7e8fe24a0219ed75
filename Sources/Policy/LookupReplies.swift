/// How restrictions that look names up answer: the reply codes that Postfix lets a site choose.
package struct LookupReplies: Hashable, Sendable {
    /// `reject_tempfail_action` and its kin.
    package enum TemporaryFailure: String, Hashable, Sendable, CaseIterable {
        /// Refuse for now, unless something later refuses for good.
        case deferIfPermit = "defer_if_permit"
        /// Refuse for now, at once.
        case `defer`
    }

    /// `unknown_address_reject_code`: a domain of a sender or recipient that has neither MX nor address.
    package var unknownAddress: UInt16 = 450
    /// `unknown_client_reject_code`: a client without a name.
    package var unknownClient: UInt16 = 450
    /// `unknown_hostname_reject_code`: a HELO name that has neither address nor MX.
    package var unknownHostname: UInt16 = 450
    /// `maps_rbl_reject_code`: a client, name or address that a DNS list has.
    package var listed: UInt16 = 554
    /// `unknown_address_tempfail_action`
    package var unknownAddressFailure = TemporaryFailure.deferIfPermit
    /// `unknown_helo_hostname_tempfail_action`
    package var unknownHostnameFailure = TemporaryFailure.deferIfPermit

    package init() {}
}
