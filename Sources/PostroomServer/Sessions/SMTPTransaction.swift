import Delivery
import MailModel
import Policy
import Routing
import SMTP
import SiteConfiguration
import Spool

/// One message on its way through a session: what MAIL and RCPT found, and what access tables make of the message.
struct SMTPTransaction {
    let site: Site
    let policy: SMTPPolicy
    let origin: MessageOrigin
    private let queue: MailQueue?
    /// As the client gave it; what the policy judges.
    let sender: EnvelopeSender
    var delivery: DeliveryTransaction
    /// As the client gave them.
    var recipients: [EmailAddress] = []
    /// One of the recipients has a mailbox here.
    private var reachesMailbox = false
    var effects = MessageEffects()
    /// Recipients that were added for copies nobody sees: what fails for them alone refuses nothing.
    private var hidden: Set<EmailAddress> = []
    /// Recipients of mail from sendmail(1) that were refused: the sender is told in a report.
    private var refused: [EnvelopeRecipient] = []
    /// A message that comes in pieces, once the first has come.
    var stream: StreamedDelivery?
    var size = 0
    var header = HeaderProgress()
    /// What the login may send as, once somebody had to be told.
    var allowedSenders: [String]?

    /// - Parameter origin: its sender is `returnPath`.
    init(site: Site, policy: SMTPPolicy, sender: EnvelopeSender, origin: MessageOrigin, queue: MailQueue?) {
        self.site = site
        self.policy = policy
        self.sender = sender
        self.origin = origin
        self.queue = queue
        delivery = site.deliveryTransaction(origin, queue: queue)
    }

    /// In replies, `Received:` and the log.
    var id: String { origin.id.description }

    var returnPath: ReversePath { origin.sender.path }

    mutating func add(_ resolution: Resolution, as recipient: EnvelopeRecipient) {
        delivery.add(resolution, asked: recipient)
        recipients.append(recipient.address)
        guard case .deliver(let destinations) = resolution.verdict else { return }
        for case .mailbox in destinations { reachesMailbox = true }
    }

    /// A recipient that is resolved later.
    mutating func addUnresolved(_ recipient: EnvelopeRecipient, _ decision: SMTPPolicy.RecipientDecision) {
        guard let reply = decision.resolution?.reply else { return }
        delivery.addUnresolved(recipient, reply)
        recipients.append(recipient.address)
        effects.merge(decision.effects)
    }

    mutating func noteRefused(_ recipient: EnvelopeRecipient) {
        refused.append(recipient)
    }

    /// The message goes to others: nothing but a report will tell of those who do not get it.
    mutating func reportRefused() {
        for recipient in refused { delivery.addUndeliverable(recipient.address, asked: recipient) }
        refused = []
    }

    /// The message so far is larger than one in a mailbox may be: quota_max_mail_size, virtual_mailbox_limit.
    var isTooLarge: Bool {
        guard reachesMailbox else { return false }
        if let limit = site.model.accounts.quota.messageSize?.value, UInt64(clamping: size) > limit { return true }
        guard case .tables(let maps) = site.model.routing.mailboxes else { return false }
        return maps.sizeLimit.map { UInt64(clamping: size) > $0.value } ?? false
    }

    // MARK: Before delivery

    /// What happened to a copy that was asked for, for the log.
    struct Finding {
        var text: String
        var address: EmailAddress?
    }

    /// Puts REDIRECT's address in place of all recipients and adds the copies that nobody sees.
    ///
    /// - Returns: the refusal of a message whose new recipient can't have it.
    mutating func addCopies() async -> (refusal: SMTPReply?, findings: [Finding]) {
        guard !effects.isDiscarded else { return (nil, []) }
        var findings: [Finding] = []
        if let redirect = effects.redirect {
            let resolution = await site.router.resolve(redirect)
            guard case .deliver = resolution.verdict else {
                findings.append(Finding(text: "REDIRECT: \(resolution.reply)", address: redirect))
                return (resolution.reply, findings)
            }
            delivery = site.deliveryTransaction(origin, queue: queue)
            delivery.add(resolution)
        }
        for address in effects.blindCopies {
            addHidden(address, await site.router.resolve(address), "BCC", &findings)
        }
        for copy in await site.router.blindCopies(sender: returnPath, recipients: recipients) {
            switch copy.target {
            case .found(let address, let resolution): addHidden(address, resolution, copy.setting, &findings)
            case .failed(let reason): findings.append(Finding(text: "\(copy.setting): \(reason)"))
            }
        }
        return (nil, findings)
    }

    private mutating func addHidden(
        _ address: EmailAddress, _ resolution: Resolution, _ setting: String, _ findings: inout [Finding]
    ) {
        guard case .deliver = resolution.verdict else {
            findings.append(Finding(text: "\(setting): \(resolution.reply)", address: address))
            return
        }
        delivery.add(resolution)
        if !recipients.contains(address), effects.redirect != address { hidden.insert(address) }
    }

    /// Tells delivery what access tables made of the message. To be called before it starts.
    mutating func applyEffects() {
        delivery.origin.isHeld = effects.isHeld
        delivery.origin.filter = effects.filter.map {
            MessageOrigin.Filter(transport: $0.transport, nextHop: $0.nextHop)
        }
    }

    /// A recipient whom nobody has: the sender will be told.
    mutating func addUndeliverable(_ recipient: EnvelopeRecipient) {
        delivery.addUndeliverable(recipient.address, asked: recipient)
        recipients.append(recipient.address)
    }

    /// The fields above the message: those of PREPEND above our own `Received:`, as smtpd(8) writes them.
    func traceHeaders(_ session: SMTPSessionFacts, hidesClient: Bool) -> [UInt8] {
        effects.prepended.flatMap(\.bytes)
            + site.traceHeaders.received(
                session, hidesClient: hidesClient, id: id, recipient: recipients.count == 1 ? recipients[0] : nil,
                smtpUTF8: sender.smtpUTF8
            ).bytes
    }

    /// The copies that decide on the reply.
    func required(_ report: DeliveryReport) -> DeliveryReport {
        DeliveryReport(
            copies: report.copies.filter { !$0.recipients.allSatisfy(hidden.contains) },
            fullMailbox: report.fullMailbox)
    }
}
