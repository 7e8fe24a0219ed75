import Directory
import MailModel

extension RestrictionEvaluation {
    /// `smtpd_policy_service_default_action`
    private static let actionOfFailure = "451 4.3.5 Server configuration problem"

    mutating func policyService(_ service: any PolicyService, _ stage: Stage) async -> Verdict {
        let action: [UInt8]
        let names = await findClientNames()
        switch await service.ask(request(stage, names)) {
        case .found(let value):
            action = value
            steps.append(
                TraceStep(.decision(rule: service.name, text: "action=\(String(decoding: value, as: UTF8.self))")))
        case .absent: return .dunno
        case .unavailable(let reason):
            steps.append(TraceStep(.decision(rule: service.name, text: reason.text)))
            effects.notes.append("policy service \(service.name): \(reason.text)")
            action = Array(Self.actionOfFailure.utf8)
        }
        return await act(AccessAction(action, classes: options.restrictionClasses), subject(stage), stage)
    }

    private func request(_ stage: Stage, _ names: ClientNames) -> PolicyServiceRequest {
        let state: PolicyServiceRequest.State =
            switch stage {
            case .data: .data
            case .endOfData: .endOfMessage
            case .client, .helo, .sender, .unlistedSender, .relay, .recipient: isAtMail ? .mail : .recipient
            }
        let isLMTP = client.isLMTP
        return PolicyServiceRequest(attributes: [
            ("request", "smtpd_access_policy"), ("protocol_state", state.rawValue),
            ("protocol_name", isLMTP ? "LMTP" : client.isExtended ? "ESMTP" : "SMTP"),
            ("client_address", client.address?.description ?? ""),
            ("client_name", names.verified.text ?? ClientNames.unknown),
            ("client_port", client.port.map(String.init) ?? ""),
            ("reverse_client_name", names.reverse.text ?? ClientNames.unknown),
            ("server_address", client.serverAddress ?? ""),
            ("server_port", client.serverPort.map(String.init) ?? ""), ("helo_name", client.helo ?? ""),
            ("sender", sender.description), ("recipient", recipient?.description ?? ""),
            ("recipient_count", "\(recipientCount)"), ("queue_id", ""), ("instance", client.instance ?? ""),
            ("size", "\(size)"), ("etrn_domain", ""), ("stress", ""), ("sasl_method", ""),
            ("sasl_username", client.login ?? ""), ("sasl_sender", ""), ("ccert_subject", ""), ("ccert_issuer", ""),
            ("ccert_fingerprint", ""), ("ccert_pubkey_fingerprint", ""),
            ("encryption_protocol", client.tlsVersion ?? ""), ("encryption_cipher", client.tlsCipher ?? ""),
            ("encryption_keysize", "0"), ("policy_context", ""), ("compatibility_level", "3.6"),
            ("mail_version", "3.7.11"),
        ])
    }
}
