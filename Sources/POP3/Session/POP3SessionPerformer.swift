import MailModel
import Net
import Synchronization

/// Performs the waits of one POP3 connection with the services of the house.
package final class POP3SessionPerformer: SessionPerformer {
    package typealias Engine = POP3ServerEngine

    /// What must be released when the connection goes.
    private struct Held: Sendable {
        var maildrop: (any POP3Maildrop)?
        var isFinished = false
    }

    private let services: any POP3Services
    private let held = Mutex(Held())

    package init(_ services: any POP3Services) {
        self.services = services
    }

    package func perform(_ wait: POP3Wait) async -> POP3Answer {
        do throws(MailboxFailure) {
            switch wait {
            case .drain: return .done
            case .logIn(let login, let identity, let password, let connection):
                return await hold(
                    await services.logIn(
                        login: login, authorizationIdentity: identity, password: password, connection))
            case .apop(let login, let timestamp, let digest, let connection):
                return await hold(
                    await services.logIn(login: login, timestamp: timestamp, digest: digest, connection))
            case .content(let maildrop, let message, let headerOnly):
                return .content(try await maildrop.content(of: message, headerOnly: headerOnly))
            case .update(let maildrop, let deleted, let retrieved):
                try await maildrop.update(deleted: deleted, retrieved: retrieved)
                return .done
            }
        } catch {
            return .failed(error)
        }
    }

    private func hold(_ outcome: POP3LoginOutcome) async -> POP3Answer {
        guard case .accepted(let maildrop) = outcome else { return .loggedIn(outcome) }
        let isTooLate = held.withLock { held in
            if !held.isFinished { held.maildrop = maildrop }
            return held.isFinished
        }
        guard isTooLate else { return .loggedIn(outcome) }
        await maildrop.close()
        return .failed(MailboxFailure(.unavailable, "the connection is gone"))
    }

    package func finished() async {
        let maildrop = held.withLock { held in
            defer { held = Held(isFinished: true) }
            return held.maildrop
        }
        await maildrop?.close()
    }
}
