import PostroomServer
import Testing

@Suite struct RootProposalTests {
    @Test(arguments: [
        (["/home/mail/mail000/mailbox/", "/home/mail/mail001/mailbox/"], ["/home/mail"]),
        (["/home/mail/mail000/mailbox/"], ["/home/mail"]),
        (["/vmail/harry.potter/Maildir/", "/vmail/shared/timetravel.weekly/incoming/"], ["/vmail"]),
        (["/vmail/anna"], ["/vmail"]),
        (["/var/mail/anna"], ["/var/mail"]),
        (["/home/anna/Maildir", "/srv/mail/ben", "/srv/mail/carl"], ["/home", "/srv/mail"]),
        (["/var/mail/example.org/anna", "/var/mail/example.net/ben"], ["/var/mail"]),
        (["mailboxes/anna", "", "/vmail//anna/./Maildir", "/vmail/ben/Maildir"], ["/vmail"]),
    ])
    func `the common parents of all mailboxes are proposed`(paths: [String], roots: [String]) {
        #expect(RootProposal.roots(of: paths) == roots)
    }

    @Test(arguments: [
        [], ["/anna"], ["/vmail/../etc/passwd"], ["/var/mail/anna", "/var/spool/ben"], ["/etc/anna", "/etc/ben"],
    ])
    func `where one parent would hold more than mail, nothing is proposed`(paths: [String]) {
        #expect(RootProposal.roots(of: paths) == nil)
    }
}
