/// Who knows which mailboxes of others a login is shown: the directory, ACLs, both.
package protocol SharedMailboxDirectory: Sendable {
    /// All of them, in no order. Asked at login and, shortly remembered, at each LIST: it must not walk all accounts.
    /// - Throws: `.unavailable` when it can't be known now; what was known before is then shown on.
    func sharedMailboxes(for login: String) async throws(MailboxFailure) -> [SharedMailbox]
    /// The groups that ACLs know the login by (`group=NAME`).
    func groups(of login: String) async throws(MailboxFailure) -> [String]
}
