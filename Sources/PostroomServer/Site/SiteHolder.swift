import Synchronization

/// The site in force. A transaction or a login takes it and keeps it to its end; a reload puts another in its place.
package final class SiteHolder: Sendable {
    private let site: Mutex<Site>

    package init(_ site: Site) {
        self.site = Mutex(site)
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
