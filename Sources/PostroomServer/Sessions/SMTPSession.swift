import Accounts
import Delivery
import Directory
import Logging
import MailModel
import NIOCore
import Net
import Policy
import Routing
import SMTP
import SiteConfiguration
import Spool
import Synchronization

/// One SMTP connection joined to the site: logins to accounts, recipients to policy and routing, messages to delivery.
///
/// The engine asks one thing at a time, so nothing here runs beside itself; the mutex only makes that visible.
final class SMTPSession: SMTPServices {
    private let sites: SiteHolder
    let listener: ListenerKey
    private let kind: ListenerModel.Kind
    let logger: Logger
    let transaction = Mutex<SMTPTransaction?>(nil)
    /// Of the text that it was read from: every command asks for it.
    private let readAddress = Mutex<(text: String, address: Policy.IPAddress?)?>(nil)

    init(_ sites: SiteHolder, _ listener: ListenerKey, _ kind: ListenerModel.Kind, _ connection: ConnectionFacts) {
        self.sites = sites
        self.listener = listener
        self.kind = kind
        var logger = Logger(label: kind.rawValue)
        logger[metadataKey: "session"] = "\(connection.sessionID)"
        self.logger = logger
    }

    // MARK: Login

    func authenticate(
        _ credentials: SMTPCredentials, _ session: SMTPSessionFacts
    ) async -> SMTPAuthenticationOutcome {
        let request = LoginRequest(
            login: credentials.login, authorizationIdentity: credentials.authorizationIdentity,
            password: credentials.password, service: "submission", remoteAddress: session.connection.remoteAddress,
            localAddress: session.connection.localAddress, isSecured: session.connection.tls != nil)
        let (outcome, _) = await sites.current.submissionAccounts.logIn(request)
        LoginLog.write(outcome, request, logger)
        switch outcome {
        case .accepted(let account): return .accepted(login: account.login)
        case .rejected: return .rejected
        case .unavailable: return .unavailable
        }
    }

    // MARK: Envelope

    func sender(_ sender: EnvelopeSender, _ session: SMTPSessionFacts) async -> SMTPReply? {
        let site = sites.current
        let policy = site.policy(for: listener, kind)
        let queueID = QueueID.make()
        let id = queueID.description
        if let refusal = await localRefusal(site, session) {
            log(reject: refusal, "MAIL", session, sender)
            return refusal
        }
        if let refusal = await tooManyMessages(site, session) {
            log(reject: refusal, "MAIL", session, sender)
            return refusal
        }
        // Early enough that what waits can still be delivered and reported on.
        if let failure = await sites.queue?.spool.admits(size: sender.declaredSize) {
            logger.error("no mail is taken", metadata: ["reason": "\(failure)"])
            return failure.smtpReply
        }
        let decision = await policy.sender(sender.path, client: facts(session, id))
        log(decision.effects.notes, id)
        if let refusal = decision.reply, !refusal.isPositive {
            let reply = await naming(refusal, sender.path, session, site, policy)
            log(reject: reply, "MAIL", session, sender)
            return reply
        }
        var returnPath = sender.path
        if let address = sender.path.address {
            let rewritten = await site.router.canonicalSender(address)
            switch rewritten.outcome {
            case .found(let new): returnPath = .address(new)
            case .absent: break
            case .unavailable(let reason):
                let reply =
                    reason.kind == .misconfigured
                    ? RoutingReply.rewritingError(address) : RoutingReply.temporaryLookupFailure(address)
                log(reject: reply, "MAIL", session, sender, steps: rewritten.steps)
                return reply
            }
        }
        var rewritten = sender
        rewritten.path = returnPath
        var origin = MessageOrigin(
            id: queueID, sender: rewritten, submitter: session.login, client: session.connection.remoteAddress)
        origin.waitsForDirectory = session.connection.peerUID != nil && sites.queue != nil
        var new = SMTPTransaction(site: site, policy: policy, sender: sender, origin: origin, queue: sites.queue)
        // RFC 2033 §4.2: the client has a queue, and a reply for each recipient; what fails for now stays its own.
        new.delivery.keepsFailures = !session.isLMTP
        new.effects.merge(decision.effects)
        transaction.withLock { [new] in $0 = new }
        return decision.reply
    }

    func recipient(
        _ recipient: EnvelopeRecipient, of sender: EnvelopeSender, _ session: SMTPSessionFacts
    ) async -> SMTPReply {
        guard let (site, policy, id) = transaction.withLock({ $0.map { ($0.site, $0.policy, $0.id) } }) else {
            return .noTransaction
        }
        if let refusal = await tooManyRecipients(site, session) {
            log(reject: refusal, "RCPT", session, sender, to: recipient.address)
            return refusal
        }
        if session.isLMTP, site.lmtpOptions(of: listener)?.recipients?.value == .accounts {
            return await account(recipient, of: sender, site, session)
        }
        let decision = await policy.recipient(recipient.address, sender: sender.path, client: facts(session, id))
        log(decision.effects.notes, id)
        if decision.isUndeliverable, sites.queue != nil {
            if let refusal = countRecipient(site, session) {
                log(reject: refusal, "RCPT", session, sender, to: recipient.address)
                return refusal
            }
            transaction.withLock { transaction in
                transaction?.addUndeliverable(recipient)
                transaction?.effects.merge(decision.effects)
            }
            return decision.reply
        }
        if let reply = takenUnresolved(recipient, decision, session) {
            if let refusal = countRecipient(site, session) {
                log(reject: refusal, "RCPT", session, sender, to: recipient.address)
                return refusal
            }
            transaction.withLock { $0?.addUnresolved(recipient, decision) }
            return reply
        }
        guard decision.reply.isPositive, !decision.isUndeliverable, let resolution = decision.resolution else {
            // A yes that leads nowhere would be a message lost.
            var reply = decision.reply
            // Who is to be told later can't be, where nothing leaves.
            if decision.isUndeliverable, let refusal = decision.resolution?.reply { reply = refusal }
            if reply.isPositive { reply = .noTransaction }
            reply = await naming(reply, sender.path, session, site, policy)
            log(
                reject: reply, "RCPT", session, sender, to: recipient.address,
                steps: decision.steps + (decision.resolution?.steps ?? []))
            if reply.isPermanent { noteRefused(recipient, session) }
            return reply
        }
        if let refusal = await site.refusal(of: resolution, sender: sender.path, policy) {
            log(reject: refusal, "RCPT", session, sender, to: recipient.address, steps: decision.steps)
            if refusal.isPermanent { noteRefused(recipient, session) }
            return refusal
        }
        if let refusal = await fullMailbox(resolution, sender, site) {
            log(reject: refusal, "RCPT", session, sender, to: recipient.address)
            return refusal
        }
        if let refusal = countRecipient(site, session) {
            log(reject: refusal, "RCPT", session, sender, to: recipient.address)
            return refusal
        }
        for dead in resolution.deadTargets {
            logger.warning(
                "an alias has a target that does not exist",
                metadata: ["alias": "\(recipient.address)", "target": "\(dead)"])
        }
        transaction.withLock { transaction in
            transaction?.add(resolution, as: recipient)
            transaction?.effects.merge(decision.effects)
        }
        return decision.reply
    }

    func data(_ session: SMTPSessionFacts) async -> SMTPReply? {
        guard let current = transaction.withLock({ $0 }) else { return .noTransaction }
        let decision = await current.policy.data(
            to: current.recipients, sender: current.sender.path, client: facts(session, current.id))
        log(decision.effects.notes, current.id)
        if let reply = decision.reply, !reply.isPositive {
            log(reject: reply, "DATA", session, current.sender, steps: decision.steps)
            return reply
        }
        if let refusal = countMessage(current.site, session) {
            log(reject: refusal, "DATA", session, current.sender)
            return refusal
        }
        transaction.withLock { $0?.effects.merge(decision.effects) }
        return nil
    }

    // MARK: Message

    func deliver(_ body: ByteBuffer, _ session: SMTPSessionFacts) async -> [SMTPReply] {
        guard let transaction = take() else { return [.noTransaction] }
        return await deliver(body, transaction, session).forAll(transaction, session)
    }

    private func deliver(
        _ body: ByteBuffer, _ taken: SMTPTransaction, _ session: SMTPSessionFacts
    ) async -> [SMTPReply] {
        var transaction = taken
        transaction.reportRefused()
        guard !isLooping(body, transaction.site) else { return [HopCount.tooManyHops] }
        transaction.size = body.readableBytes
        guard !transaction.isTooLarge else { return [.tooLargeForMailbox] }
        let (refusal, effects) = await atEnd(of: transaction, session)
        if let refusal { return [refusal] }
        transaction.effects.merge(effects)
        if let refusal = await addCopies(&transaction) { return [refusal] }
        if let loop = transaction.delivery.loop(in: body) { return [logged(loop, transaction)] }
        guard !transaction.effects.isDiscarded else { return [discarded(transaction, session)] }
        let edited: ByteBuffer
        switch await edit(body, isLast: true, &transaction, session) {
        case .success(let message): edited = message
        case .failure(let refusal): return [refusal.reply]
        }
        transaction.applyEffects()
        let report = await transaction.delivery.deliver(
            body: edited,
            traceHeaders: transaction.traceHeaders(session, hidesClient: hidesClient(transaction, session)))
        return end(transaction, report, session)
    }

    func append(_ chunk: ByteBuffer, _ session: SMTPSessionFacts) async -> SMTPReply? {
        guard var current = transaction.withLock({ $0 }) else { return .noTransaction }
        if current.stream == nil, current.size == 0 {
            guard !isLooping(chunk, current.site) else { return HopCount.tooManyHops }
            current.reportRefused()
            if let refusal = await addCopies(&current) { return refusal }
            if let loop = current.delivery.loop(in: chunk) { return logged(loop, current) }
        }
        current.size += chunk.readableBytes
        let edited = await edit(chunk, isLast: false, &current, session)
        guard !current.isTooLarge else { return .tooLargeForMailbox }
        var failure: MailboxFailure?
        if case .success(let piece) = edited { failure = await write(piece, &current, session) }
        transaction.withLock { [current] in $0 = current }
        if case .failure(let refusal) = edited { return refusal.reply }
        guard let failure else { return nil }
        logger.error(
            "message can't be stored", metadata: ["message": "\(current.id)", "reason": "\(failure.reason)"])
        return failure.smtpReply
    }

    func finish(_ session: SMTPSessionFacts) async -> [SMTPReply] {
        guard let transaction = take() else { return [.noTransaction] }
        return await finish(transaction, session).forAll(transaction, session)
    }

    private func finish(_ taken: SMTPTransaction, _ session: SMTPSessionFacts) async -> [SMTPReply] {
        var transaction = taken
        // A header that never ended has been held back until now.
        switch await edit(ByteBuffer(), isLast: true, &transaction, session) {
        case .success(let rest): _ = await write(rest, &transaction, session)
        case .failure(let refusal):
            await transaction.stream?.abort()
            return [refusal.reply]
        }
        var (refusal, effects) = await atEnd(of: transaction, session)
        let isTooLate =
            effects.redirect != nil || !effects.blindCopies.isEmpty || effects.filter != nil
            || (effects.isHeld && !transaction.effects.isHeld)
        if refusal == nil, isTooLate {
            // Its copies are half written already.
            log(["REDIRECT, BCC, HOLD and FILTER come too late for a message of this size"], transaction.id)
            refusal = SMTPReply(451, EnhancedStatusCode(4, 3, 5), "Server configuration error")
        }
        if let refusal {
            await transaction.stream?.abort()
            return [refusal]
        }
        guard !effects.isDiscarded, !transaction.effects.isDiscarded else {
            await transaction.stream?.abort()
            return [discarded(transaction, session)]
        }
        guard let stream = transaction.stream else { return [.noTransaction] }
        return end(transaction, await stream.commit(), session)
    }

    /// A piece of the message, its header edited, on its way to where it is kept.
    private func write(
        _ piece: ByteBuffer, _ transaction: inout SMTPTransaction, _ session: SMTPSessionFacts
    ) async -> MailboxFailure? {
        guard !transaction.effects.isDiscarded, piece.readableBytes > 0 else { return nil }
        var stream: StreamedDelivery
        if let started = transaction.stream {
            stream = started
        } else {
            let hides = hidesClient(transaction, session)
            transaction.applyEffects()
            stream = await transaction.delivery.begin(
                traceHeaders: transaction.traceHeaders(session, hidesClient: hides))
        }
        let failure = await stream.append(piece)
        transaction.stream = stream
        return failure
    }

    func abort(_ session: SMTPSessionFacts) async {
        await take()?.stream?.abort()
    }

    /// What the lists of the message's end say.
    private func atEnd(
        of transaction: SMTPTransaction, _ session: SMTPSessionFacts
    ) async -> (refusal: SMTPReply?, effects: MessageEffects) {
        let decision = await transaction.policy.endOfData(
            to: transaction.recipients, sender: transaction.sender.path, client: facts(session, transaction.id),
            size: transaction.size)
        log(decision.effects.notes, transaction.id)
        if let reply = decision.reply, !reply.isPositive {
            log(reject: reply, "END-OF-MESSAGE", session, transaction.sender, steps: decision.steps)
            return (reply, decision.effects)
        }
        var effects = decision.effects
        if !effects.prepended.isEmpty {
            // access(5): not available in smtpd_end_of_data_restrictions.
            log(["PREPEND comes too late at the end of a message"], transaction.id)
            effects.prepended = []
        }
        return (nil, effects)
    }

    private func addCopies(_ transaction: inout SMTPTransaction) async -> SMTPReply? {
        let (refusal, findings) = await transaction.addCopies()
        for finding in findings {
            var fields: Logger.Metadata = ["message": "\(transaction.id)", "reason": "\(finding.text)"]
            if let address = finding.address { fields["to"] = "<\(address)>" }
            logger.warning("a copy can't be made", metadata: fields)
        }
        return refusal
    }

    private func isLooping(_ start: ByteBuffer, _ site: Site) -> Bool {
        guard HopCount.receivedFields(in: start) > site.model.limits.hops?.value ?? HopCount.limit else { return false }
        logger.warning("a message has been relayed too often: there is a loop")
        return true
    }

    private func logged(_ loop: SMTPReply, _ transaction: SMTPTransaction) -> SMTPReply {
        logger.warning("a message is refused", metadata: ["message": "\(transaction.id)", "reason": "\(loop)"])
        return loop
    }

    private func take() -> SMTPTransaction? {
        transaction.withLock { transaction in
            defer { transaction = nil }
            return transaction
        }
    }

    func clientAddress(_ connection: ConnectionFacts) -> Policy.IPAddress? {
        guard let text = connection.remoteAddress else { return nil }
        return readAddress.withLock { known in
            if let known, known.text == text { return known.address }
            let address = Policy.IPAddress(text)
            known = (text, address)
            return address
        }
    }

    /// The client's address is that of its socket: nothing that a client says makes it a trusted one.
    func facts(_ session: SMTPSessionFacts, _ instance: String) -> ClientFacts {
        let connection = session.connection
        var facts = ClientFacts(
            address: clientAddress(connection), helo: session.helo, login: session.login)
        facts.port = connection.remotePort
        facts.serverAddress = connection.localAddress
        facts.serverPort = connection.localPort
        facts.isExtended = session.isExtended
        facts.isLMTP = session.isLMTP
        facts.tlsVersion = connection.tls?.version
        facts.tlsCipher = connection.tls?.cipher
        facts.instance = instance
        facts.pipelinesImproperly = session.pipelinesImproperly
        return facts
    }
}

extension SMTPReply {
    /// RFC 3463 §3.3: the mailbox, not the system, has the bound.
    fileprivate static let tooLargeForMailbox = SMTPReply(
        552, EnhancedStatusCode(5, 2, 3), "Message is larger than a mailbox here takes")

    /// Can't happen in an engine's order of questions.
    fileprivate static let noTransaction = SMTPReply(
        451, EnhancedStatusCode(4, 3, 0), "Error: no transaction")
}
