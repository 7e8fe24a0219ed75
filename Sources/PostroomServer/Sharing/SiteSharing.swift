import Accounts
import IMAP
import Logging
import MailModel
import SiteConfiguration

/// What a site shares: its namespaces beside the personal one, how ACLs are applied, and who knows of shared mailboxes.
struct SiteSharing: Sendable {
    let namespaces: SharedNamespaces
    let options: AccessControlOptions
    let directories: [any SharedMailboxDirectory]

    /// - Parameter directories: who knows of shared mailboxes beside the ACLs.
    init(
        _ model: SiteModel, _ namespace: PersonalNamespace, accounts: DirectoryAccounts,
        directories: [any SharedMailboxDirectory] = [], _ faults: FaultCollector
    ) {
        let access = model.accounts.accessControl
        let file = access.sharedFile.map { SharedBoxesFile(path: $0.value) }
        let siteLists = access.isEnabled ? access.siteLists.map { SiteAccessLists(path: $0.value) } : nil
        if let siteLists, let place = access.siteLists, let fault = siteLists.fault() {
            faults.error(
                at: place.location, fault,
                remedy: "a file of lines \"mailbox identifier rights\", or a folder with a file for each mailbox")
        }
        options = AccessControlOptions(
            isEnabled: access.isEnabled, hasCommands: access.hasCommands, siteLists: siteLists,
            defaultsFromInbox: access.defaultsFromInbox, sharedBoxes: file)
        var known = directories
        if access.isEnabled, let file {
            known.append(SharedBoxes(file: file, accounts: accounts, otherDirectories: directories))
        }
        self.directories = known
        var namespaces = SharedNamespaces(
            model.accounts.namespaces, separator: namespace.naming.separator, owner: model.store.owner?.value,
            hasRights: access.isEnabled, faults)
        if !known.isEmpty { namespaces.addUsual() }
        self.namespaces = namespaces
    }

    /// What one login is shown, for one session.
    func account(
        _ login: String, _ namespace: PersonalNamespace, storage: SiteStorage, reader: AccountSharing.Reader,
        logger: Logger
    ) -> AccountSharing {
        AccountSharing(
            login: login, namespaces: namespaces, separator: namespace.naming.separator, options: options,
            directories: directories, storage: storage, reader: reader, logger: logger)
    }
}
