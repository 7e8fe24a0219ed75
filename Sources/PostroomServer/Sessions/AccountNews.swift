import MailModel
import Synchronization

/// What one session does to an account beside its messages, on its way to the other sessions of the process. What other
/// programs do comes from the store.
final class AccountNews: Sendable {
    /// Where an account's mail lies: logins with several names may share it.
    typealias Place = MailboxLocation

    /// One session's part of it.
    struct Channel: Sendable {
        fileprivate let news: AccountNews
        fileprivate let session: UInt64
        fileprivate let login: String
        fileprivate let place: Place

        /// - Parameters:
        ///   - place: nil for the session's own account.
        ///   - reader: the login, where the account is not its own: what is private in the change is that login's alone.
        func tell(_ change: AccountChange, of place: Place? = nil, reader: String? = nil) {
            news.tell(change, of: place ?? self.place, reader: reader, by: session)
        }

        /// Somebody, or everybody where `login` is nil, may see other mailboxes of others than before.
        func tellSharing(with login: String?) {
            news.tellSharing(with: login)
        }

        /// - Parameter kernel: the store's own watch, to be released with this one.
        func watch(
            _ place: Place? = nil, reader: String? = nil, with kernel: (any AccountWatch)?,
            onChange: @escaping @Sendable (AccountChange) -> Void
        ) -> any AccountWatch {
            news.watch(
                Listener(
                    session: session, login: login, place: place ?? self.place, reader: reader, onChange: onChange),
                kernel)
        }
    }

    fileprivate struct Listener {
        var session: UInt64
        var login: String
        var place: Place
        var reader: String?
        var onChange: @Sendable (AccountChange) -> Void
    }

    private struct State {
        var listeners: [UInt64: Listener] = [:]
        var byPlace: [Place: Set<UInt64>] = [:]
        var nextID: UInt64 = 1
    }

    private let state = Mutex(State())

    /// For one session of `login`.
    func channel(of login: String, _ place: Place) -> Channel {
        let session = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        return Channel(news: self, session: session, login: login, place: place)
    }

    private func watch(_ listener: Listener, _ kernel: (any AccountWatch)?) -> any AccountWatch {
        let id = state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.listeners[id] = listener
            state.byPlace[listener.place, default: []].insert(id)
            return id
        }
        return Watch(self, id, kernel)
    }

    /// To all who watch the place, whoever it is. Annotations are no news to the session that changed them (RFC 5464 §4.3),
    /// and private ones to nobody but the login whose they are.
    private func tell(_ change: AccountChange, of place: Place, reader: String?, by session: UInt64) {
        let listeners = state.withLock { state in
            (state.byPlace[place] ?? []).compactMap { state.listeners[$0] }
        }
        for listener in listeners {
            guard case .metadata(let name, let entries) = change else {
                listener.onChange(change)
                continue
            }
            let visible = listener.reader == reader ? entries : entries.filter { !$0.isPrivate }
            if listener.session != session, !visible.isEmpty { listener.onChange(.metadata(name, visible)) }
        }
    }

    private func tellSharing(with login: String?) {
        let listeners = state.withLock { state in
            state.listeners.values.filter { login == nil || $0.login == login }
        }
        for listener in listeners { listener.onChange(.mailboxes) }
    }

    fileprivate func remove(_ id: UInt64) {
        state.withLock { state in
            guard let listener = state.listeners.removeValue(forKey: id) else { return }
            state.byPlace[listener.place]?.remove(id)
            if state.byPlace[listener.place]?.isEmpty ?? false { state.byPlace[listener.place] = nil }
        }
    }
}

private final class Watch: AccountWatch {
    private let news: AccountNews
    private let id: UInt64
    private let kernel: (any AccountWatch)?

    init(_ news: AccountNews, _ id: UInt64, _ kernel: (any AccountWatch)?) {
        self.news = news
        self.id = id
        self.kernel = kernel
    }

    deinit {
        news.remove(id)
    }
}
