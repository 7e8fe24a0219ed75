import Delivery
import Directory
import IMAP
import LDAP
import Logging
import MailModel
import MailStore
import NIOCore
import Net
import Routing
import SiteConfiguration

struct SiteStorage: Sendable {
    static func open(_ model: SiteModel, succeeding: SiteStorage?, _ faults: FaultCollector) -> SiteStorage? {
        SiteStorage()
    }
    func run() async {}
    func store(for l: MailboxLocation, _ o: Owner, _ q: Quota) async throws(MailboxFailure) -> any MailboxStore {
        throw MailboxFailure(.unavailable, "")
    }
    func check(_ model: SiteModel) async -> [ConfigurationFault] { [] }
    func deliveryTransaction(recipientHeaders: Bool) -> DeliveryTransaction { DeliveryTransaction() }
}
struct DeliveryReport { func log(to: Logger) {}; func reply(id: String) -> SMTPReply { fatalError() } }
struct DeliveryTransaction: Sendable {
    mutating func add(_ r: Resolution) {}
    func deliver(body: ByteBuffer, traceHeaders: ComposedHeaderField, returnPath: ComposedHeaderField) async
        -> DeliveryReport
    { fatalError() }
    func begin(traceHeaders: ComposedHeaderField, returnPath: ComposedHeaderField) async -> SMTPReply? { nil }
    func append(_ c: ByteBuffer) async -> SMTPReply? { nil }
    func finish() async -> DeliveryReport { fatalError() }
    func abort() async {}
}
