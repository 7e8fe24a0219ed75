import MailModel
import NIOCore
import Spool

/// How a site words reports on mail that was not delivered.
package struct QueueReportOptions: Sendable {
    package init() {}
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
