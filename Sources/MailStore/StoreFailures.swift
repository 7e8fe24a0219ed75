import Blocking
package import MailModel

/// The failure that a store's user sees for whatever went wrong below.
package func mailboxFailure(_ error: any Error) -> MailboxFailure {
    switch error {
    case let failure as MailboxFailure: failure
    case let failure as SystemCallError: failure.mailboxFailure
    case let failure as PathFailure: failure.mailboxFailure
    case let failure as FileIdentity.Failure: failure.mailboxFailure
    case is CancellationError: MailboxFailure(.unavailable, "the session ended while it waited for the disk")
    default: MailboxFailure(.unavailable, "\(error)")
    }
}

/// Runs `body` and words its failure.
func withMailboxFailures<T>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> T
) async throws(MailboxFailure) -> T {
    do {
        return try await body()
    } catch {
        throw mailboxFailure(error)
    }
}
