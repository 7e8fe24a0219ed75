package import MailModel
import NIOCore
import Spool

/// How a site words reports on mail that was not delivered.
package struct QueueReportOptions: Sendable {
    /// `myhostname`: Reporting-MTA.
    package var hostname: Domain
    /// Who gets what can't be told to its sender.
    package var postmaster: EmailAddress?
    /// `bounce_size_limit`, in octets: of a larger message only the header is returned.
    package var size: UInt64

    package init(hostname: Domain, postmaster: EmailAddress? = nil, size: UInt64 = 50_000) {
        self.hostname = hostname
        self.postmaster = postmaster
        self.size = size
    }
}

struct QueueReport: Sendable {
    var id: QueueID
    var envelope: QueuedEnvelope
    var recipients: [QueuedRecipient]
    var content: ByteBuffer
    var subject: String
}

struct QueueReports: Sendable {
    let site: QueueSite
    let message: QueuedMessage
    let spool: MessageSpool

    func reports(_ notices: PendingNotices) async throws -> [QueueReport] { [] }
}
