import Blocking
import Delivery
import Directory
import Glibc
import Logging
import MailModel
import MailStore
import NIOCore
import SiteConfiguration

/// Where a site keeps mail. Goes on over a reload as long as its roots and what it says of mboxes and of Courier's files stay the same, so that sessions
/// of before and after share what is known of a folder.
final class SiteStorage: Sendable {
    let stores: MailboxStores
    let delivery: MailboxDelivery
    private let rootPaths: [String]
    private let places: [String: String]
    private let mboxRules: MboxRules
    private let courierFiles: CourierFiles

    /// What a site says of its mboxes.
    private struct MboxRules: Hashable {
        var locking: MboxLocking
        var maximumSize: UInt64?

        init(_ model: SiteModel) {
            locking = model.store.mboxLocks.locking
            if case .tables(let tables) = model.routing.mailboxes { maximumSize = tables.sizeLimit?.value }
        }

        var options: MboxOptions {
            var options = MboxOptions()
            options.locking = locking
            options.maximumFileSize = maximumSize
            return options
        }
    }

    private init(
        _ stores: MailboxStores, _ rootPaths: [String], _ places: [String: String], _ mboxRules: MboxRules,
        _ courierFiles: CourierFiles
    ) {
        self.mboxRules = mboxRules
        self.courierFiles = courierFiles
        self.stores = stores
        delivery = MailboxDelivery(stores)
        self.rootPaths = rootPaths
        self.places = places
    }

    /// Resolves the roots. Nil when that fails: the fault is told.
    static func open(_ model: SiteModel, succeeding old: SiteStorage?, _ faults: FaultCollector) -> SiteStorage? {
        let paths = model.store.roots.map(\.value)
        let byPath = Dictionary(model.store.places.map { ($0.path, $0.folder.value) }) { $1 }
        let mboxRules = MboxRules(model)
        let courierFiles = model.store.courierFiles
        if let old, old.rootPaths == paths, old.places == byPath, old.mboxRules == mboxRules,
            old.courierFiles == courierFiles
        {
            return old
        }
        let places = model.store.places.map { (path: Array($0.path.utf8), folder: Array($0.folder.value.utf8)) }
        // Without a root no path is opened: a site of aliases and forwarding alone has none.
        guard !model.store.roots.isEmpty || !model.keepsMail else {
            faults.error(
                at: model.hostname.location, "mail is kept here, and nothing says below which folders",
                remedy: "name them with --root FOLDER, or as store.roots")
            return nil
        }
        let before = faults.errors.count
        for root in model.store.roots {
            do {
                _ = try MailRoots([Array(root.value.utf8)], places: places)
            } catch {
                faults.error(
                    at: root.location, "\(error)",
                    remedy: "make the folder, owned by the service's user, or mend store.roots")
            }
        }
        guard faults.errors.count == before else { return nil }
        do {
            let roots = try MailRoots(paths.map { Array($0.utf8) }, places: places)
            let pool = BlockingPool(name: "mail", threads: 48)
            var maildirs = MaildirOptions()
            maildirs.courierFiles = courierFiles
            let stores = MailboxStores(
                roots: roots, pool: pool, indexes: old?.stores.indexes, maildirs: maildirs,
                mboxes: mboxRules.options)
            return SiteStorage(stores, paths, byPath, mboxRules, courierFiles)
        } catch {
            faults.error(
                at: model.store.roots.first?.location ?? .builtIn, "\(error)", remedy: "mend store.roots")
            return nil
        }
    }

    /// From now on, what is known of mailboxes is kept in `folder`. Without it mail is served all the same.
    func keepIndexes(in folder: String) {
        let logger = Logger(label: "postroom")
        guard IndexFolder.make(folder) else {
            logger.warning(
                "mailboxes are served without an index: the folder can't be made or written",
                metadata: ["folder": "\(folder)", "error": "\(String(cString: strerror(errno)))"])
            return
        }
        let pool = BlockingPool(name: "index", threads: 8)
        stores.use(MailboxIndexes(folder: folder, pool: pool, logger: logger))
    }

    func closeIndexes() async {
        await stores.indexes?.close()
    }

    /// One account's mailboxes.
    func store(
        for location: MailboxLocation, _ owner: Owner, _ quota: Quota, account: String = ""
    ) throws(MailboxFailure) -> any MailboxStore {
        try stores.store(for: location, owner: owner, quota: quota, account: account)
    }

    /// What is odd about the roots and about who owns mail.
    func check(_ model: SiteModel) async -> [ConfigurationFault] {
        var findings: [ConfigurationFault] = []
        guard model.keepsMail else { return [] }
        let canTakeIdentities = Privileges.canTakeIdentities
        if !canTakeIdentities {
            let own = "\(geteuid()):\(getegid())"
            if let owner = model.store.owner {
                if owner.value.description != own {
                    findings.append(
                        ConfigurationFault(
                            .error, at: owner.location,
                            "mail belongs to \(owner.value), but without root this process writes as \(own)",
                            remedy: "run as root, or set store.owner to \"\(own)\""))
                }
            } else {
                findings.append(
                    ConfigurationFault(
                        .error, at: model.store.roots.first?.location ?? .builtIn,
                        "without root all mail belongs to one owner, and none is named",
                        remedy: "run as root, or set store.owner to \"\(own)\""))
            }
        }
        return findings
    }
}
