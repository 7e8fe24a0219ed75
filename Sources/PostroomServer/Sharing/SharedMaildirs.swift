import Accounts
import Directory
import MailModel
import MailStore

/// Courier's shared folders: what the `shared-maildirs` in a login's own Maildir names, as `shared.NAME.FOLDER`.
struct SharedMaildirs: SharedMailboxDirectory {
    let accounts: DirectoryAccounts
    let storage: SiteStorage

    /// What files of one owner allow; an ACL beside them counts as everywhere.
    private static let rights: MailboxRights = [.lookup, .read, .seen, .write, .insert, .deleteMessages, .expunge]

    func sharedMailboxes(for login: String) async throws(MailboxFailure) -> [SharedMailbox] {
        switch await accounts.account(for: Array(login.utf8), service: "imap").outcome {
        case .absent: return []
        case .unavailable(let reason): throw MailboxFailure(.unavailable, reason.text)
        case .found(let account):
            guard case .here(let location) = account.location, location.format == .maildir else { return [] }
            let folders = try await storage.stores.maildirs.sharableFolders(of: location, owner: account.owner)
            return folders.map { folder in
                SharedMailbox(
                    namespace: .shared, path: [folder.group] + folder.name.parts, location: folder.location,
                    owner: account.owner, rights: Self.rights, isWhole: false, folder: folder.name)
            }
        }
    }

    func groups(of login: String) async throws(MailboxFailure) -> [String] { [] }
}
