import MailModel
import SMTP
import SiteConfiguration

/// `SMTPListenerModel` → how one SMTP listener speaks.
extension SMTPServerOptions {
    /// - Parameter hasTLS: whether there is a certificate to offer TLS with; where TLS is demanded, nothing goes without it.
    init(_ listener: ListenerModel, _ model: SiteModel, hasTLS: Bool) {
        guard listener.kind != .local else {
            self = .local(model)
            return
        }
        let own = listener.options
        let isSubmission = listener.kind == .submission || listener.kind == .submissions
        let isLMTP = listener.kind == .lmtp
        // Its policy speaks Postfix's words, and so does its dialogue.
        let isConfigured = listener.policy != nil
        var limits = SMTPLimits()
        limits.messageSize = Int(clamping: model.limits.messageSize.value)
        // RFC 5321 §4.5.3.1.8 asks for a hundred; a mail program sends to its whole address book at once.
        limits.recipients = own.recipientLimit?.value ?? (isSubmission || isLMTP || isConfigured ? 1000 : 100)
        if let errors = own.errorLimit { limits.errors = errors.value }
        let tls: TLSOffer
        switch own.tls?.value {
        case SMTPListenerModel.TLSLevel.none?: tls = .none
        case .may?: tls = .offered
        case .encrypt?: tls = .required
        case nil: tls = isSubmission ? .required : isLMTP ? .none : .offered
        }
        let authentication: Authentication
        switch own.authentication?.value {
        case .off?: authentication = .off
        case .underTLS?: authentication = .underTLS
        case .always?: authentication = .always
        case nil: authentication = isSubmission ? .underTLS : .off
        }
        self.init(
            hostname: model.hostname.value, banner: own.banner.map { Self.text($0.value, after: model.hostname.value) },
            dialogue: isLMTP ? .lmtp : .smtp, tls: hasTLS || tls == .required ? tls : .none,
            authentication: authentication,
            mechanisms: model.accounts.offeredMechanisms(forSubmission: true),
            requiresAuthentication: own.requiresAuthentication?.value ?? isSubmission,
            requiresHello: isLMTP || own.requiresHELO?.value ?? !isConfigured,
            answersVRFY: own.answersVRFY?.value ?? false,
            bareLineEnds: listener.bareLineFeed == .reject ? .reject : .normalize,
            origin: model.routing.origin.flatMap { Domain($0.value) },
            completesBareNames: model.routing.meaning == .postfix,
            offersBrokenAUTHLine: own.offersBrokenAuthentication?.value ?? false, asksAtData: true, limits: limits)
    }

    /// smtpd_banner without the host name that it begins with, and without what could end its line.
    private static func text(_ banner: String, after hostname: String) -> String {
        let line = String(
            String.UnicodeScalarView(banner.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
        guard line.lowercased().hasPrefix(hostname.lowercased()) else { return line }
        let rest = line.dropFirst(hostname.count)
        guard rest.isEmpty || rest.first == " " else { return line }
        return String(rest.drop { $0 == " " })
    }

    /// How programs of this machine are spoken with: as sendmail(1) of Postfix takes what they bring.
    private static func local(_ model: SiteModel) -> SMTPServerOptions {
        var limits = SMTPLimits()
        limits.messageSize = Int(clamping: model.limits.messageSize.value)
        limits.recipients = 10_000
        // A list with many dead addresses is no attack of a stranger.
        limits.errors = 100_000
        limits.commandLine = 8192
        return SMTPServerOptions(
            hostname: model.hostname.value, requiresHello: false, bareLineEnds: .normalize,
            origin: model.routing.origin.flatMap { Domain($0.value) }, completesBareNames: true, asksAtData: true,
            limits: limits)
    }
}
