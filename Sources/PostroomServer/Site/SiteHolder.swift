import Delivery
import Synchronization

/// The site in force. A transaction or a login takes it and keeps it to its end; a reload puts another in its place.
package final class SiteHolder: Sendable {
    private let site: Mutex<Site>
    /// Beyond the site in force: sessions keep theirs, and hear of each other all the same.
    let news = AccountNews()
    private let outbox = Mutex<MailQueue?>(nil)

    package init(_ site: Site) {
        self.site = Mutex(site)
    }

    /// Where mail goes that leaves or waits; nil where nothing can.
    var queue: MailQueue? { outbox.withLock { $0 } }

    func join(_ queue: MailQueue) {
        outbox.withLock { $0 = queue }
    }

    package var current: Site { site.withLock { $0 } }

    /// Returns the one that was in force.
    package func replace(with new: Site) -> Site {
        site.withLock { site in
            let old = site
            site = new
            return old
        }
    }
}
