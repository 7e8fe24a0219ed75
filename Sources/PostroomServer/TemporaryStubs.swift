import MailModel
import MailStore

extension SiteStorage {
    func store(
        for location: MailboxLocation, _ owner: Owner, _ quota: Quota
    ) async throws(MailboxFailure) -> any MailboxStore { throw MailboxFailure(.unavailable, "") }
}
