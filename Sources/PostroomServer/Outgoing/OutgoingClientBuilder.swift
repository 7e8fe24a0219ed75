import DNS
import Delivery
import Directory
import LookupTables
import MailModel
import NIOCore
import NIOPosix
import Net
import Policy
import SASL
import SMTP
import SiteConfiguration

/// `OutgoingClientModel` → how hosts are found and spoken to. What the model leaves open is Postroom's default in a site of
/// its own, Postfix's in an imported one.
struct OutgoingClientBuilder {
    let model: SiteModel
    let hostname: Domain
    let tables: TablesBuilder
    let faults: FaultCollector

    private var isNative: Bool { model.routing.meaning == .native }

    func client(_ client: OutgoingClientModel) -> SiteOutgoing.Client {
        var delivery = RemoteDelivery.Options(client: dialogue(client))
        if let limit = client.sessionLimit?.value { delivery.sessionLimit = limit }
        delivery.fallbackRelays = fallbackRelays(client)
        return SiteOutgoing.Client(
            finder: finder(client), security: security(client),
            logins: NextHopLogins(
                tables: client.logsIn?.value ?? false ? tables.tables(client.logins ?? []) : [],
                asksForSender: client.asksLoginsForSender?.value ?? false),
            delivery: delivery)
    }

    // MARK: Next hops

    private func finder(_ client: OutgoingClientModel) -> HostFinder.Options {
        var options = HostFinder.Options()
        for name in [model.hostname.value, model.routing.origin?.value].compactMap({ $0 }) {
            if let name = DNSName(name) { options.ownNames.insert(name) }
        }
        for listener in model.listeners where listener.kind == .smtp {
            guard let port = UInt16(exactly: listener.port) else { continue }
            let hosts = listener.host.value == "*" ? LocalAddresses.all() : [listener.host.value]
            for host in hosts {
                if let address = DNSAddress(host) { options.ownAddresses.insert(.address(address, port: port)) }
            }
        }
        if let limit = client.addressLimit?.value { options.addressLimit = limit == 0 ? .max : limit }
        if let families = client.addressFamilies?.map(\.value), !families.isEmpty {
            options.families = options.families.filter { families.contains($0 == .v6 ? .ipv6 : .ipv4) }
        }
        switch client.addressPreference?.value {
        case .ipv4: options.preference = .v4
        case .ipv6: options.preference = .v6
        case .any, nil: break
        }
        return options
    }

    private func fallbackRelays(_ client: OutgoingClientModel) -> [String] {
        (client.fallbackRelays ?? []).compactMap { relay in
            do throws(NextHop.Malformed) {
                _ = try NextHop.list(relay.value, .smtp, domain: hostname)
                return relay.value
            } catch {
                faults.error(
                    at: relay.location, "\(error)", remedy: "write [mail.example.org]:587, or a domain for its MX")
                return nil
            }
        }
    }

    // MARK: The dialogue

    private func dialogue(_ client: OutgoingClientModel) -> OutgoingOptions {
        var options = OutgoingOptions(heloName: heloName(client))
        options.bindAddress = address(client.bindAddress, .v4)
        options.bindAddress6 = address(client.bindAddress6, .v6)
        options.skips5xxGreeting = client.skips5xxGreeting?.value ?? true
        options.ignoredKeywords = Set((client.ignoredKeywords ?? []).map { $0.value.uppercased() })
        if let limit = client.lineLengthLimit?.value { options.lineLengthLimit = limit }
        if client.convertsToSevenBits?.value == false { options.eightBit = .sendUnchanged }
        options.timeLimits = timeLimits(client.timeLimits)
        options.sendsCredentialsUnprotected = client.sendsUnprotectedLogins?.value ?? !isNative
        options.mechanisms = mechanisms(client.loginMechanisms ?? [])
        let security = client.loginSecurity?.map(\.value) ?? (isNative ? [] : ["noplaintext", "noanonymous"])
        let withTLS = client.loginSecurityWithTLS?.map(\.value) ?? security
        options.mechanismsInClear = LoginSecurity.allowed(security)
        options.mechanismsWithTLS = LoginSecurity.allowed(withTLS)
        options.mechanismsWithVerifiedTLS = LoginSecurity.allowed(
            client.loginSecurityWithVerifiedTLS?.map(\.value) ?? withTLS)
        return options
    }

    private func heloName(_ client: OutgoingClientModel) -> Domain {
        guard let name = client.heloName else { return hostname }
        guard let domain = Domain(name.value) else {
            faults.error(
                at: name.location, "\(name.value) is not a host name", remedy: "write this server's name, as DNS has it"
            )
            return hostname
        }
        return domain
    }

    private func address(_ text: Located<String>?, _ family: DNSAddress.Family) -> String? {
        guard let text, !text.value.isEmpty else { return nil }
        guard let address = DNSAddress(text.value), address.family == family else {
            faults.error(
                at: text.location, "\(text.value) is no IPv\(family == .v4 ? 4 : 6) address",
                remedy: "write an address of this machine")
            return nil
        }
        return address.description
    }

    private func timeLimits(_ model: TimeLimitsModel) -> OutgoingTimeLimits {
        var limits = OutgoingTimeLimits()
        func set(_ path: WritableKeyPath<OutgoingTimeLimits, TimeAmount>, _ value: Located<Duration>?) {
            // A wait of nothing would be no attempt; zero is Postfix's word for no limit of its own.
            guard let value = value?.value, value > .zero else { return }
            limits[keyPath: path] = TimeAmount(min(value, .seconds(86_400)))
        }
        set(\.connect, model.connect)
        set(\.greeting, model.greeting)
        set(\.hello, model.greeting)
        set(\.startTLS, model.startTLS)
        set(\.mail, model.mail)
        set(\.recipient, model.recipient)
        set(\.data, model.data)
        set(\.block, model.block)
        set(\.finalReply, model.finalReply)
        set(\.reset, model.reset)
        return limits
    }

    /// postconf(5): the first word of the list that names a mechanism decides; what none names is left out.
    private func mechanisms(_ filter: [Located<String>]) -> [SASLClientMechanism] {
        guard !filter.isEmpty else { return SASLClientMechanism.allCases }
        return SASLClientMechanism.allCases.filter { mechanism in
            for word in filter.map(\.value) {
                let isExcluded = word.hasPrefix("!")
                let name = (isExcluded ? word.dropFirst() : word[...]).uppercased()
                if name == mechanism.rawValue || name == "STATIC:ALL" { return !isExcluded }
            }
            return false
        }
    }

    // MARK: TLS

    private func security(_ client: OutgoingClientModel) -> OutgoingTLSOptions {
        var options = OutgoingTLSOptions()
        if let level = client.tlsLevel {
            options.level = OutgoingTLSLevel(level.value.rawValue) ?? .may
        } else {
            // Postfix's own default sends in clear; ours asks for what the other side has, DANE included.
            options.level = isNative ? .dane : .none
        }
        options.isImplicit = client.implicitTLS?.value ?? false
        options.policies = tables.tables(client.tlsPolicies ?? [])
        if let match = client.secureMatch { options.secureMatch = Self.match(match) }
        if let match = client.verifyMatch { options.verifyMatch = Self.match(match) }
        options.wildcardsSpanLabels = client.wildcardsSpanLabels?.value ?? !isNative
        options.fingerprints = fingerprints(client.fingerprints ?? [])
        if let digest = client.fingerprintDigest?.value {
            options.fingerprintAlgorithm = CertificateFingerprints.Algorithm(rawValue: digest.rawValue) ?? .sha256
        }
        if !isNative { options.mandatoryProtocols = TLSProtocolRange(minimum: .tls10) }
        if let range = protocols(client.tlsProtocols) { options.protocols = range }
        if let range = protocols(client.mandatoryTLSProtocols) { options.mandatoryProtocols = range }
        options.excludedCiphers = (client.excludedCiphers ?? []).map(\.value)
        options.mandatoryExcludedCiphers = (client.mandatoryExcludedCiphers ?? []).map(\.value)
        if let name = client.serverName?.value, !name.isEmpty {
            options.serverName =
                switch name.lowercased() {
                case "hostname": .hostname
                case "nexthop": .nexthop
                default: .name(name)
                }
        }
        switch client.insecureMXLevel?.value {
        case .may: options.insecureExchangerLevel = .may
        case .encrypt: options.insecureExchangerLevel = .encrypt
        case .dane: options.insecureExchangerLevel = .dane
        case nil: options.insecureExchangerLevel = isNative || options.level == .dane ? .dane : .may
        }
        readFiles(client, &options)
        return options
    }

    private static func match(_ words: [Located<String>]) -> [CertificateMatch] {
        CertificateMatch.parse(words.map(\.value).joined(separator: " "))
    }

    private func fingerprints(_ texts: [Located<String>]) -> [[UInt8]] {
        texts.compactMap { text in
            guard let digest = CertificateFingerprints.octets(text.value) else {
                faults.error(
                    at: text.location, "\(text.value.prefix(200)) is no fingerprint",
                    remedy: "write the digest in hexadecimal, with or without colons")
                return nil
            }
            return digest
        }
    }

    private func protocols(_ text: Located<String>?) -> TLSProtocolRange? {
        guard let text else { return nil }
        do throws(OutgoingTLSPolicyFault) {
            return try TLSProtocolRange(parsing: text.value)
        } catch {
            faults.error(at: text.location, "\(error)", remedy: "for example >=TLSv1.2")
            return nil
        }
    }

    private func readFiles(_ client: OutgoingClientModel, _ options: inout OutgoingTLSOptions) {
        let files = (file: client.caFile?.value, directory: client.caDirectory?.value)
        if files.file != nil || files.directory != nil {
            do throws(TrustAnchorsError) {
                options.trustAnchors = try TrustAnchors.load(file: files.file, directory: files.directory)
            } catch {
                faults.error(
                    at: (client.caFile ?? client.caDirectory)?.location ?? model.hostname.location, "\(error)",
                    remedy: "name the file or folder of the certificates that other hosts are checked by")
            }
        }
        guard let certificate = client.certificate else { return }
        do throws(ServerTLSError) {
            options.certificate = try ClientCertificate(
                chainFile: certificate.value, keyFile: client.key?.value ?? certificate.value)
        } catch {
            faults.error(
                at: certificate.location, "\(error)",
                remedy: "name PEM files of a certificate and of its key, or leave both out")
        }
    }
}

/// What Cyrus SASL says of the mechanisms (its `SASL_SEC_` flags), for `smtp_sasl_security_options`.
enum LoginSecurity {
    /// The mechanisms that have all the properties that are asked for.
    static func allowed(_ words: [String]) -> Set<SASLClientMechanism> {
        Set(SASLClientMechanism.allCases.filter { mechanism in words.allSatisfy { has($0, mechanism) } })
    }

    private static func has(_ word: String, _ mechanism: SASLClientMechanism) -> Bool {
        let isChallenged =
            switch mechanism {
            case .plain, .login: false
            case .cramMD5, .scramSHA1, .scramSHA256: true
            }
        switch word.lowercased() {
        case "noplaintext": return isChallenged
        case "noactive", "mutual_auth": return isChallenged && mechanism != .cramMD5
        case "noanonymous": return true
        // None of them keeps a password from being guessed by who listens, nor old sessions from a stolen key.
        case "nodictionary", "forward_secrecy": return false
        default: return true
        }
    }
}

/// The addresses of this machine's interfaces.
enum LocalAddresses {
    static func all() -> [String] {
        ((try? System.enumerateDevices()) ?? []).compactMap { device in
            // Without the zone of a link-local address.
            device.address?.ipAddress.map { String($0.prefix { $0 != "%" }) }
        }
    }
}
