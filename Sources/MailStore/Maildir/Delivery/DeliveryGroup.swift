import Blocking
import MailModel
import NIOCore

/// Copies that may be one file: the same owner and the same header.
struct DeliveryGroup: Sendable {
    struct Member: Sendable {
        /// Among all recipients.
        var index: Int
        /// The mailbox's directory.
        var path: [UInt8]
        var quota: AccountQuota
    }

    private struct Key: Hashable {
        var owner: Owner
        var header: [UInt8]
    }

    var owner: Owner
    /// All header lines that come before the message as it was received.
    var header: [UInt8]
    var members: [Member]

    /// Sorts recipients into groups, in the order of their first member; those that can't be served get their failure.
    static func make(
        _ recipients: [MaildirRecipient], commonHeader: [UInt8], _ stores: MaildirStores,
        failures: inout [DeliveryOutcome?]
    ) -> [DeliveryGroup] {
        var groups: [DeliveryGroup] = []
        var places: [Key: Int] = [:]
        for (index, recipient) in recipients.enumerated() {
            do throws(MailboxFailure) {
                let path = try MaildirLocation.inbox(of: recipient.mailbox.location)
                let mailbox = recipient.mailbox
                let quota = stores.quota(
                    mailbox.quota, try MaildirLocation(mailbox.location), owner: mailbox.owner,
                    account: "\(mailbox.address)")
                let member = Member(index: index, path: path, quota: quota)
                let key = Key(owner: recipient.mailbox.owner, header: recipient.header)
                if let place = places[key] {
                    groups[place].members.append(member)
                } else {
                    places[key] = groups.count
                    groups.append(
                        DeliveryGroup(owner: key.owner, header: key.header + commonHeader, members: [member]))
                }
            } catch {
                failures[index] = .failure(error)
            }
        }
        return groups
    }
}

/// The message as it was received, without the header that a group puts before it.
enum MessageSource: Sendable {
    /// With the line ends of the wire.
    case memory(ByteBuffer)
    /// The rest of a file from `offset` on, with the line ends of a file.
    case file(FileHandle, offset: UInt64, size: UInt64, virtualSize: UInt64)
}

/// A message in `tmp/`, whole and synced.
struct WrittenMessage: Sendable {
    var directory: DirectoryHandle
    var temporaryName: [UInt8]
    var file: FileHandle
    var size: UInt64
    var virtualSize: UInt64
}

/// What went wrong for one copy, with what decides whether it is tried another way.
struct DeliveryFailure: Error, Sendable {
    var mailboxFailure: MailboxFailure
    /// The owner may not do what was tried.
    var isDenied: Bool

    init(_ error: any Error) {
        self.mailboxFailure = MailStore.mailboxFailure(error)
        self.isDenied = MaildirDirectories.isDenied(error)
    }
}
