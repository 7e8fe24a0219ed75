import MailModel

@testable import SMTP

/// The services that the scripts talk to, by the name on their first line.
enum Profile: String, CaseIterable {
    case mx, submission, lmtp, normalize, small, required, asking

    var options: SMTPServerOptions {
        switch self {
        case .mx: return SMTPServerOptions(hostname: "mx.example.org", tls: .offered)
        case .submission:
            return SMTPServerOptions(
                hostname: "mx.example.org", tls: .offered, authentication: .underTLS, requiresAuthentication: true)
        case .asking: return SMTPServerOptions(hostname: "mx.example.org", asksAtData: true)
        case .required: return SMTPServerOptions(hostname: "mx.example.org", tls: .required)
        case .lmtp: return SMTPServerOptions(hostname: "mx.example.org", dialogue: .lmtp)
        case .normalize:
            return SMTPServerOptions(
                hostname: "mx.example.org", authentication: .always, requiresHello: false, answersVRFY: true,
                bareLineEnds: .normalize, completesBareNames: true, offersBrokenAUTHLine: true)
        case .small:
            var limits = SMTPLimits()
            limits.commandLine = 64
            limits.authenticationLine = 128
            limits.recipients = 2
            limits.recipientOvershoot = 2
            limits.messageSize = 400
            limits.headerSize = 200
            limits.gatheredMessageSize = 100
            limits.chunkSize = 50
            limits.errors = 4
            limits.idleCommands = 5
            return SMTPServerOptions(hostname: "mx.example.org", authentication: .always, limits: limits)
        }
    }
}
