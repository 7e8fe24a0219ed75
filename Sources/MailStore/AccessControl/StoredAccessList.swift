package import MailModel

/// The ACL that a mailbox has on disk, and whose program's file it lies in.
package struct StoredAccessList: Hashable, Sendable {
    package enum Form: Hashable, Sendable {
        case dovecot
        case courier
        /// A file that can't be understood: its owner goes on, nobody else is given what it would have taken.
        case unreadable
    }

    package var list: AccessControlList
    package var form: Form

    package init(_ list: AccessControlList = AccessControlList(), form: Form = .dovecot) {
        self.list = list
        self.form = form
    }

    /// As the program whose file it is reckons them.
    /// - Parameters:
    ///   - unmatched: as `AccessControlList.rights` has it.
    ///   - global: entries of the site, which say more.
    package func rights(
        of accessor: Accessor, standard: MailboxRights, unmatched: MailboxRights? = nil,
        global: AccessControlList = AccessControlList()
    ) -> MailboxRights {
        switch form {
        case .dovecot: list.rights(of: accessor, standard: standard, unmatched: unmatched, global: global)
        case .unreadable: accessor.isOwner ? .all : []
        case .courier:
            global.replacing(
                list.courierRights(of: accessor, standard: unmatched ?? standard), of: accessor)
        }
    }
}

/// A store whose mailboxes have ACLs.
package protocol AccessControlledStore: MailboxStore {
    /// In the order asked; an empty list for a mailbox that has none, or that is not there.
    func accessLists(of names: [MailboxName]) async throws(MailboxFailure) -> [StoredAccessList]
    /// Changes the ACL of one mailbox that is there. The form of its file stays.
    func changeAccessList(
        of name: MailboxName, _ body: @escaping @Sendable (inout AccessControlList) throws(MailboxFailure) -> Void
    ) async throws(MailboxFailure)
}
