import Blocking
import MailModel

/// An account's subscriptions, in our file and in Courier's where that is kept: the one that was written last counts.
struct AccountSubscriptions {
    /// Where `subscriptions` is, and where `courierimapsubscribed`.
    var control: DirectoryHandle
    var root: DirectoryHandle
    var encoding: FolderNames
    var options: MaildirOptions

    func names() throws -> [MailboxName] {
        let own = try Subscriptions.read(in: control, encoding).names
        guard let courier = try courier(), try isLater else { return own }
        return courier.names
    }

    func change(_ body: (inout Subscriptions) -> Void) throws {
        try DotLock.holding("subscriptions.lock", in: control, seconds: options.lockSeconds) {
            let courier = try courier()
            let names = try names()
            let isKept = try isCouriers
            try Subscriptions.rewrite(in: control, encoding) { subscriptions in
                subscriptions.replace(names)
                body(&subscriptions)
                guard isKept || courier != nil else { return }
                // First: ours is then the later one.
                var changed = courier ?? CourierSubscriptions()
                changed.replace(subscriptions.names)
                try changed.replace(in: root)
            }
        }
    }

    private func courier() throws -> CourierSubscriptions? {
        options.courierFiles == .ignored ? nil : try CourierSubscriptions.read(in: root)
    }

    /// Whether Courier, which makes the file at the first subscription, is to find it.
    private var isCouriers: Bool {
        get throws {
            switch options.courierFiles {
            case .automatic: try root.exists(CourierUIDFile.name)
            case .kept: true
            case .ignored: false
            }
        }
    }

    private var isLater: Bool {
        get throws {
            guard let courier = try UIDListFile.Stamp.of(CourierSubscriptions.fileName, in: root) else { return false }
            guard let own = try UIDListFile.Stamp.of(Subscriptions.fileName, in: control) else { return true }
            return (courier.modified.seconds, courier.modified.nanoseconds)
                > (own.modified.seconds, own.modified.nanoseconds)
        }
    }
}
