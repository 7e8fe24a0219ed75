import Blocking
import DNS
import Directory
import LookupTables
import MailModel
import MailStore
import NIOCore
import NIOPosix
import PostroomTesting
import Routing
import SMTP
import Spool
import Synchronization
import Testing

@testable import Delivery

/// A directory that a test changes: who has a mailbox, whose mail goes where, and whether anybody answers.
final class GivenDirectory: MailboxLookup, LookupTable {
    private struct State {
        /// By name: the folders of its mailboxes.
        var mailboxes: [String: [String]] = [:]
        var aliases: [String: String] = [:]
        var ways: [String: String] = [:]
        var isDown = false
    }

    private let state = Mutex(State())
    private let root: TemporaryMailRoot

    init(_ root: TemporaryMailRoot) { self.root = root }

    let name = "given"
    let location: Directory.SourceLocation? = nil
    let isPattern = false

    func setMailboxes(_ names: [String]) {
        state.withLock { $0.mailboxes = Dictionary(uniqueKeysWithValues: names.map { ($0, [$0]) }) }
    }
    func setMailboxes(of name: String, _ folders: [String]) { state.withLock { $0.mailboxes[name] = folders } }
    /// As a line of virtual(5).
    func setAlias(_ address: String, _ targets: String?) { state.withLock { $0.aliases[address] = targets } }
    /// As a line of transport(5).
    func setWay(_ key: String, _ value: String?) { state.withLock { $0.ways[key] = value } }
    func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }

    func mailboxes(for address: EmailAddress) async -> Answer<[LocalMailbox]> {
        let name = String(decoding: address.localPart, as: UTF8.self)
        let (folders, isDown) = state.withLock { ($0.mailboxes[name] ?? [], $0.isDown) }
        if isDown { return Answer(.unavailable(UnavailableReason(.unreachable, "no server answers"))) }
        guard !folders.isEmpty, let owner = Owner(uid: 20_001, gid: 20_001) else { return Answer(.absent) }
        return Answer(
            .found(
                folders.map { folder in
                    LocalMailbox(
                        address: address,
                        location: MailboxLocation(format: .maildir, path: root.bytes("mail/\(folder)")), owner: owner)
                }))
    }

    func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> { answer(key) { $0.ways } }

    private func answer(_ key: [UInt8], _ entries: (State) -> [String: String]) -> Answer<[UInt8]> {
        let text = String(decoding: key, as: UTF8.self)
        let (value, isDown) = state.withLock { (entries($0)[text], $0.isDown) }
        if isDown { return Answer(.unavailable(UnavailableReason(.unreachable, "no server answers"))) }
        return Answer(value.map { .found(Array($0.utf8)) } ?? .absent)
    }

    /// The aliases as a table.
    struct Aliases: LookupTable {
        let directory: GivenDirectory

        let name = "aliases"
        let location: Directory.SourceLocation? = nil
        let isPattern = false

        func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> { directory.answer(key) { $0.aliases } }
    }
}

/// A queue at work on a spool of its own, for `example.org` with mailboxes and whatever else a test routes.
final class GivenQueue: Sendable {
    struct Settings: Sendable {
        var schedule = ScheduleOptions(minimalBackoff: .seconds(1), maximalBackoff: .seconds(1))
        var tls = OutgoingTLSOptions()
        var logins = NextHopLogins()
        var finder = HostFinder.Options()
        var senderRewriting: SenderRewriting?
        /// What fails in the spool.
        var beforeStep: (@Sendable (SpoolStep) throws -> Void)?

        init() { tls.level = .none }
    }

    let root: TemporaryMailRoot
    let directory: GivenDirectory
    let resolver: CannedResolver
    let spool: MessageSpool
    let queue: MailQueue
    let router: Router
    let mailboxes: MailboxDelivery

    private init(
        _ root: TemporaryMailRoot, _ directory: GivenDirectory, _ resolver: CannedResolver, _ settings: Settings,
        _ connections: ConnectionCache
    ) async throws {
        (self.root, self.directory, self.resolver) = (root, directory, resolver)
        var options = RoutingOptions(myOrigin: try #require(Domain("example.org")), mailboxes: directory)
        options.virtualMailboxDomains = try MatchList(
            name: "virtual_mailbox_domains", parsing: Array("example.org".utf8), style: .exact,
            reader: MatchList.Reader(
                readFile: { throw TableFault("\($0): no files here") },
                openTable: { name, place in throw TableFault("\(name): no tables here", at: place) }))
        options.transportMaps = [directory]
        options.virtualAliasMaps = [GivenDirectory.Aliases(directory: directory)]
        options.senderRewriting = settings.senderRewriting
        let router = Router(options)
        self.router = router
        let pool = BlockingPool(name: "disk", threads: 4)
        let mailboxes = MailboxDelivery(MailboxStores(roots: try MailRoots([root.bytes("mail")]), pool: pool))
        self.mailboxes = mailboxes
        var spoolOptions = SpoolOptions(path: root.bytes("spool"), minimumFree: 0, minimumFreeShare: 0)
        spoolOptions.beforeStep = settings.beforeStep
        spool = try await MessageSpool.open(spoolOptions, pool: BlockingPool(name: "spool", threads: 8))
        let hostname = try #require(Domain("mail.example.org"))
        var client = OutgoingOptions(heloName: hostname, sendsCredentialsUnprotected: true)
        client.timeLimits = OutgoingTimeLimits(all: .seconds(60))
        let remote = RemoteDelivery(
            finder: HostFinder(resolver, settings.finder),
            security: OutgoingTLS(settings.tls, resolver: resolver, policies: nil), logins: settings.logins,
            connections: connections, options: RemoteDelivery.Options(client: client),
            group: MultiThreadedEventLoopGroup.singleton)
        let site = QueueSite(
            router: router, mailboxes: mailboxes, deliveryOptions: DeliveryOptions(), remote: remote,
            senderNextHops: SenderNextHops(), schedule: settings.schedule,
            reports: QueueReportOptions(hostname: hostname, postmaster: EmailAddress("postmaster@example.org")))
        queue = MailQueue(spool: spool) { site }
    }

    /// A machine that outlives the queues that run on it.
    struct Machine: Sendable {
        let root: TemporaryMailRoot
        let directory: GivenDirectory
        let resolver = CannedResolver()

        init() throws {
            root = try TemporaryMailRoot()
            try root.directory("mail", uid: 20_001)
            directory = GivenDirectory(root)
            directory.setMailboxes(["anna", "ben", "postmaster"])
        }
    }

    /// Runs a queue until `body` ends, then as a server stops.
    @discardableResult
    static func running<Value: Sendable>(
        on machine: Machine? = nil, _ change: (inout Settings) -> Void = { _ in },
        _ body: (GivenQueue) async throws -> Value
    ) async throws -> Value {
        let machine = try machine ?? Machine()
        var settings = Settings()
        change(&settings)
        let connections = ConnectionCache()
        let given = try await GivenQueue(machine.root, machine.directory, machine.resolver, settings, connections)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await given.queue.run() }
            tasks.addTask { await connections.run() }
            let result: Result<Value, any Error>
            do { result = .success(try await body(given)) } catch { result = .failure(error) }
            await given.queue.drain(for: .seconds(10))
            tasks.cancelAll()
            while (try? await tasks.next()) != nil {}
            await given.spool.close()
            return try result.get()
        }
    }

    // MARK: Mail

    /// Hands a message in, as a session does.
    ///
    /// - Parameter waits: as for a program of this machine.
    @discardableResult
    func send(
        from sender: String = "anna@example.org", to recipients: [String],
        notify: EnvelopeRecipient.Notify? = nil, ret: EnvelopeSender.Return? = nil, envelopeID: String? = nil,
        isHeld: Bool = false, waits: Bool = false, _ content: String = "Subject: hello\r\n\r\nbody\r\n"
    ) async throws -> QueueID {
        let path: ReversePath = sender.isEmpty ? .null : .address(try #require(EmailAddress(sender)))
        let (id, reply) = try await offer(
            EnvelopeSender(path: path, ret: ret, envelopeID: envelopeID.map { Array($0.utf8) }), to: recipients,
            notify: notify, isHeld: isHeld, waits: waits, content)
        #expect(reply == Self.accepted, "\(reply)")
        return id
    }

    static let accepted = SMTPReply(250, EnhancedStatusCode(2, 0, 0), "Ok")

    /// - Parameter isStreamed: the message comes in pieces.
    /// - Returns: what the client is answered.
    func offer(
        _ sender: EnvelopeSender, to recipients: [String], notify: EnvelopeRecipient.Notify? = nil,
        isHeld: Bool = false, waits: Bool = false, isStreamed: Bool = false,
        _ content: String = "Subject: hello\r\n\r\nbody\r\n"
    ) async throws -> (QueueID, SMTPReply) {
        var origin = MessageOrigin(sender: sender, submitter: "anna")
        origin.isHeld = isHeld
        origin.waitsForDirectory = waits
        var transaction = DeliveryTransaction(
            origin: origin, mailboxes: mailboxes, outbox: Outbox(queue: queue, router: router))
        for recipient in recipients {
            let address = try #require(EmailAddress(recipient))
            let asked = EnvelopeRecipient(address: address, notify: notify)
            let resolution = await router.resolve(address)
            if waits, resolution.isUnavailable {
                transaction.addUnresolved(asked, resolution.reply)
            } else {
                transaction.add(resolution, asked: asked)
            }
        }
        #expect(transaction.loop(in: ByteBuffer(string: content)) == nil)
        let report: DeliveryReport
        if isStreamed {
            var stream = await transaction.begin(traceHeaders: [])
            if let failure = await stream.append(ByteBuffer(string: content)) {
                await stream.abort()
                return (origin.id, failure.smtpReply)
            }
            report = await stream.commit()
        } else {
            report = await transaction.deliver(body: ByteBuffer(string: content), traceHeaders: [])
        }
        return (origin.id, report.smtpReply(accepted: Self.accepted))
    }

    func inbox(_ name: String) -> [String] {
        root.names("mail/\(name)/new").compactMap { try? root.contents("mail/\(name)/new/\($0)") }
    }

    /// The messages that wait.
    var spooled: [String] { root.names("spool/messages").flatMap { root.names("spool/messages/\($0)") } }

    func flush() async { await queue.tryNow() }

    /// What the spool says of the first recipient of a message that waits, as soon as it was tried: the schedule knows it first.
    func attempts(writtenDownOf id: QueueID) async throws -> QueuedAttempts {
        var found: QueuedAttempts?
        try await soon("an attempt is written down") {
            guard case .waiting(let attempts) = try await spool.message(id).recipients.first?.state else {
                return false
            }
            if attempts.count > 0 { found = attempts }
            return found != nil
        }
        return try #require(found)
    }

    func waitUntilEmpty() async throws {
        try await soon("the queue is empty") { spooled.isEmpty }
    }

    /// The mail that has come into a mailbox, as soon as there is so much.
    func waitForInbox(_ name: String, _ count: Int = 1) async throws -> [String] {
        try await soon("\(count) messages for \(name)") { inbox(name).count >= count }
        return inbox(name)
    }
}

extension SenderRewriting {
    /// That of `example.org`.
    static func given() throws -> SenderRewriting {
        let domain = try #require(Domain("example.org"))
        return try #require(SenderRewriting(secrets: [Array("secret".utf8)], domain: domain))
    }
}

extension MailQueue {
    /// As `postroom queue flush`.
    fileprivate func tryNow() {
        schedule.flush(.all, now: Self.now)
        wake()
    }

    func waits(for id: QueueID) -> ScheduledMessageStatus? { schedule.status(of: id) }
}

/// Waits for what comes by itself, but not at a known time; gives up after a minute.
func soon(_ what: String, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        try #require(ContinuousClock.now < end, "in vain: \(what)")
        try await Task.sleep(for: .milliseconds(5))
    }
}
