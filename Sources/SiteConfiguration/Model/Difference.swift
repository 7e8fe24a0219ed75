/// Where Postroom does what a site's author meant and the original notoriously does not. Each can be switched back to the
/// original's behaviour (`original_behaviour`). docs/differences.md tells them one by one.
package enum Difference: String, CaseIterable, Sendable {
    /// An address found in several accounts reaches each of their mailboxes; Postfix makes one path of all.
    case severalMailboxes = "several-mailboxes"
    /// A table of domains whose filter holds no key hosts the domains that it lists; Postfix takes every domain as hosted.
    case keylessDomains = "keyless-domains"
    /// A group that contains itself delivers to its members; Postfix runs into recursion_limit and defers.
    case selfContainingGroups = "self-containing-groups"
    /// A login that the password check renamed is looked up under its original name when the new one has no account.
    case renamedLogins = "renamed-logins"
    /// An entry that shows no password is asked by bind.
    case unreadablePasswords = "unreadable-passwords"
    /// Courier's login by `mail` also accepts the `uid`.
    case loginByUID = "login-by-uid"
    /// An address that no mailbox has is refused at RCPT, even when a table of recipients knows it; Postfix bounces later.
    case refusesEarly = "refuses-early"
}
