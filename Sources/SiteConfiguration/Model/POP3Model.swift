package import POP3

/// `pop3:`: how POP3 shows mailboxes, whatever the listener. What is nil is as Postroom has it by itself.
package struct POP3Model: Sendable {
    /// How a message's unique id is made; a change of it makes every client fetch all mail again.
    package enum UniqueIDs: Hashable, Sendable {
        /// pop3_uidl_format.
        case format(UIDLFormat)
        /// As Courier's POP3 server does it, with its `courierpop3dsizelist`.
        case courier
    }

    package var uniqueIDs: Located<UniqueIDs>?
    /// pop3_save_uidl: an id that was told is kept with the message.
    package var savesUniqueIDs: Located<Bool>?
    /// pop3_reuse_xuidl: the header field `X-UIDL` goes before the format.
    package var reusesXUIDL: Located<Bool>?
    /// pop3_uidl_duplicates is rename: of two equal ids the second gets a number.
    package var renamesDuplicates: Located<Bool>?
    /// Whether what was retrieved is noted as read (pop3_no_flag_updates is no); natively yes.
    package var marksRead: Located<Bool>?
    /// pop3_lock_session: one session at a time may have a mailbox; natively yes.
    package var locks: Located<Bool>?
    /// pop3_deleted_flag: messages with this keyword are not shown.
    package var deletedKeyword: Located<String>?
    /// pop3_delete_type is flag: DELE gives the keyword and removes nothing.
    package var deletesByKeyword: Located<Bool>?
    /// pop3_client_workarounds.
    package var workarounds: [Located<Workaround>] = []
    /// LOGIN-DELAY of CAPA, in seconds.
    package var loginDelay: Located<Int>?

    package enum Workaround: String, CaseIterable, Sendable {
        case noNULs = "outlook-no-nuls"
        case endsHeader = "oe-ns-eoh"
    }

    package init() {}
}

extension POP3Model.UniqueIDs {
    package static let courierName = "courier"

    package var text: String {
        switch self {
        case .format(let format): format.text
        case .courier: Self.courierName
        }
    }

    package static func read(_ text: String) throws(UIDLFormat.Mistake) -> Self {
        text == courierName ? .courier : .format(try UIDLFormat(text))
    }
}
