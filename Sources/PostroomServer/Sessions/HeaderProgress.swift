import Directory
import Logging
import MailModel
import NIOCore
import Policy
import Routing
import SMTP
import SiteConfiguration
import Synchronization

/// How far the header of a message that comes in has been edited.
struct HeaderProgress: Sendable {
    /// Nil until the first piece of the message has come.
    fileprivate(set) var plan: Plan?
    fileprivate var intake = HeaderIntake()

    struct Plan: Sendable {
        var rewriting: HeaderRewriting
        var checksSenders: Bool

        var isNeeded: Bool { rewriting.isNeeded || checksSenders }
    }
}

/// A message that is refused for its header.
struct HeaderRefusal: Error {
    var reply: SMTPReply
}

extension SMTPSession {
    /// Takes a piece of a message through the editing of its header: Bcc dropped, what is missing added, addresses rewritten
    /// (cleanup(8)), the senders in it checked.
    ///
    /// - Returns: what goes on; nothing while the header is still to be gathered.
    func edit(
        _ piece: ByteBuffer, isLast: Bool, _ transaction: inout SMTPTransaction, _ session: SMTPSessionFacts
    ) async -> Result<ByteBuffer, HeaderRefusal> {
        let client = facts(session, transaction.id)
        let plan: HeaderProgress.Plan
        if let known = transaction.header.plan {
            plan = known
        } else {
            let rewrites = await transaction.policy.rewritesHeaders(of: client)
            guard case .found(let isLocal) = rewrites.outcome else {
                return .failure(refusal(.temporary, transaction, session, rewrites.steps.firstFailure?.text))
            }
            plan = HeaderProgress.Plan(
                rewriting: HeaderRewriting(transaction.site.router, isLocalClient: isLocal),
                checksSenders: transaction.policy.checksHeaderSenders(of: client))
            transaction.header.plan = plan
        }
        guard plan.isNeeded else { return .success(piece) }
        switch transaction.header.intake.append(piece, isLast: isLast) {
        case .more: return .success(ByteBuffer())
        case .body(let rest): return .success(rest)
        case .tooLong(let all):
            guard plan.checksSenders else {
                logger.notice("a header is too long to be edited", metadata: ["message": "\(transaction.id)"])
                return .success(all)
            }
            return .failure(refusal(.tooBig, transaction, session, nil))
        case .header(let bytes, var body):
            let edited = await edited(bytes, plan, &transaction, session)
            return edited.map { header in
                var result = ByteBuffer(bytes: header)
                result.writeBuffer(&body)
                return result
            }
        }
    }

    private func edited(
        _ bytes: [UInt8], _ plan: HeaderProgress.Plan, _ transaction: inout SMTPTransaction,
        _ session: SMTPSessionFacts
    ) async -> Result<[UInt8], HeaderRefusal> {
        var result = bytes
        if plan.rewriting.isNeeded {
            let answer = await plan.rewriting.edited(
                plan.rewriting.header(bytes),
                HeaderRewriting.Facts(
                    sender: transaction.returnPath, id: transaction.id,
                    hostname: transaction.site.model.hostname.value))
            switch answer.outcome {
            case .found(let header): result = header.bytes
            case .absent: break
            case .unavailable(let reason):
                let fault: Fault = reason.kind == .misconfigured ? .rewriting : .temporary
                return .failure(refusal(fault, transaction, session, reason.text))
            }
        }
        guard plan.checksSenders else { return .success(result) }
        let decision = await transaction.policy.headerSenders(result, client: facts(session, transaction.id))
        guard let reply = decision.reply, !reply.isPositive else { return .success(result) }
        let named =
            reply.isPermanent ? await adding(allowedSenders(&transaction, session), to: reply) : reply
        log(reject: named, "END-OF-MESSAGE", session, transaction.sender, steps: decision.steps)
        return .failure(HeaderRefusal(reply: named))
    }

    private enum Fault {
        case temporary, rewriting, tooBig
    }

    private func refusal(
        _ fault: Fault, _ transaction: SMTPTransaction, _ session: SMTPSessionFacts, _ reason: String?
    ) -> HeaderRefusal {
        let reply =
            switch fault {
            case .temporary: SMTPReply(451, EnhancedStatusCode(4, 3, 0), "Error: temporary lookup failure")
            case .rewriting: SMTPReply(451, EnhancedStatusCode(4, 6, 0), "Error: address rewriting error")
            case .tooBig: SMTPReply(552, EnhancedStatusCode(5, 3, 4), "Error: message header too big")
            }
        if let reason {
            logger.warning(
                "a header can't be rewritten", metadata: ["message": "\(transaction.id)", "reason": "\(reason)"])
        }
        log(reject: reply, "END-OF-MESSAGE", session, transaction.sender)
        return HeaderRefusal(reply: reply)
    }

    /// Whether `Received:` leaves the client out.
    func hidesClient(_ transaction: SMTPTransaction, _ session: SMTPSessionFacts) -> Bool {
        session.login != nil && transaction.site.options(of: listener)?.hidesClient?.value == true
    }

    // MARK: What would be allowed

    /// Adds to a refusal of a sender what the login may send as.
    func naming(
        _ reply: SMTPReply, _ sender: ReversePath, _ session: SMTPSessionFacts, _ site: Site, _ policy: SMTPPolicy
    ) async -> SMTPReply {
        guard policy.saysNotOwned(reply, sender, login: session.login), let login = session.login else { return reply }
        // Asked once for all recipients.
        if let known = transaction.withLock({ $0?.allowedSenders }) { return adding(known, to: reply) }
        let found = await SenderRights(of: login, at: site).addresses
        transaction.withLock { $0?.allowedSenders = found }
        return adding(found, to: reply)
    }

    private func allowedSenders(_ transaction: inout SMTPTransaction, _ session: SMTPSessionFacts) async -> [String] {
        if let known = transaction.allowedSenders { return known }
        guard let login = session.login else { return [] }
        let found = await SenderRights(of: login, at: transaction.site).addresses
        transaction.allowedSenders = found
        return found
    }

    /// Addresses that a refusal names.
    private static let namedAddresses = 5

    private func adding(_ addresses: [String], to reply: SMTPReply) -> SMTPReply {
        guard !addresses.isEmpty, let last = reply.lines.last else { return reply }
        // RFC 5321 §4.5.3.1.5: 512 octets of a reply line.
        var shown: [String] = []
        for address in addresses.prefix(Self.namedAddresses)
        where last.utf8.count + shown.joined(separator: ", ").utf8.count + address.utf8.count < 440 {
            shown.append(address)
        }
        guard !shown.isEmpty else { return reply }
        let more = shown.count < addresses.count ? " and others" : ""
        let text = last + "; allowed: " + shown.joined(separator: ", ") + more
        return SMTPReply(reply.code, reply.enhanced, lines: reply.lines.dropLast() + [text])
    }
}
