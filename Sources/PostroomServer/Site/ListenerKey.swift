import SiteConfiguration

/// Which of a site's listeners is meant, over a reload too: its name, and the how-manieth of that name it is (several
/// may take a free port).
struct ListenerKey: Hashable, Sendable {
    var name: String
    var ordinal: Int

    static func all(_ listeners: [ListenerModel]) -> [(key: ListenerKey, listener: ListenerModel)] {
        var counts: [String: Int] = [:]
        return listeners.map { listener in
            let ordinal = counts[listener.name, default: 0]
            counts[listener.name] = ordinal + 1
            return (ListenerKey(name: listener.name, ordinal: ordinal), listener)
        }
    }
}
