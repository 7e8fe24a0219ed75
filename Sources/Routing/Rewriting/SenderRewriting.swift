import Crypto
package import MailModel

/// SRS, the Sender Rewriting Scheme: the envelope sender of mail that is sent on gets a domain of ours, so that SPF passes,
/// and a bounce to that address finds its way back to the sender.
///
/// ```
/// SRS0=HHHH=TT=sender.example=local@ours           the first forwarder
/// SRS1=HHHH=first.example==HHHH=TT=sender.example=local@ours   one behind it
/// ```
///
/// `HHHH` is the start of a base64 HMAC-SHA1 over what follows in lower case, `TT` the day in base32 (it comes round every
/// 1024 days). Of the form of libsrs2 and postsrsd, whose addresses are understood when the secrets are theirs.
package struct SenderRewriting: Sendable {
    /// The first signs; all of them are recognised.
    private let secrets: [SymmetricKey]
    /// The domain of rewritten senders.
    package let domain: Domain
    /// Domains whose senders stay as they are, besides our own; `.example.org` stands for what is below it.
    private let excludedDomains: [[UInt8]]
    private let separator: UInt8
    private let hashLength: Int
    private let minimumHashLength: Int
    /// How long a rewritten address takes bounces, in days.
    package let validDays: Int

    /// Nil without a secret, or with a separator other than `=`, `+` and `-`.
    ///
    /// - Parameters:
    ///   - secrets: the first signs, older ones are still recognised.
    ///   - hashLength: characters of the hash, 1 to 27.
    ///   - minimumHashLength: of addresses that come back.
    package init?(
        secrets: [[UInt8]], domain: Domain, excludedDomains: [String] = [], separator: UInt8 = UInt8(ascii: "="),
        hashLength: Int = 4, minimumHashLength: Int = 4, validDays: Int = 21
    ) {
        let secrets = secrets.filter { !$0.isEmpty }
        guard !secrets.isEmpty, Self.separators.contains(separator) else { return nil }
        self.secrets = secrets.map { SymmetricKey(data: $0) }
        self.domain = domain
        self.excludedDomains = excludedDomains.map { ASCII.lowercased($0.utf8) }
        self.separator = separator
        self.hashLength = min(max(hashLength, 1), 27)
        self.minimumHashLength = min(max(minimumHashLength, 1), self.hashLength)
        self.validDays = min(max(validDays, 1), Self.timeSlots / 2)
    }

    private static let separators = Array("=+-".utf8)
    private static let equals = UInt8(ascii: "=")
    private static let secondsPerDay: Int64 = 86_400
    private static let timeSlots = 1024
    private static let base32 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
    private static let base64 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    // MARK: Forward

    /// The sender of mail that is sent on; the same address when it needs no rewriting, or when the new one would be longer
    /// than an address can be.
    ///
    /// Whether a message is sent on at all, and whether the sender's domain is ours, is for the caller to know.
    package func rewritten(_ sender: EmailAddress, at date: RFC5322Date) -> EmailAddress {
        guard sender.domain != domain, !isExcluded(sender.domain) else { return sender }
        let (user, host) = (sender.localPart, sender.domain.bytes)
        let local: [UInt8]?
        switch Self.tag(of: user) {
        case .second:
            // Another forwarder's: its first one stays, the hash becomes ours.
            let parts = user.dropFirst(5).split(
                separator: Self.equals, maxSplits: 2, omittingEmptySubsequences: false)
            local =
                parts.count == 3 && !parts[1].isEmpty && !parts[2].isEmpty
                ? guarded(host: Array(parts[1]), user: Array(parts[2])) : nil
        case .first: local = guarded(host: host, user: Array(user.dropFirst(4)))
        case nil:
            let stamp = Self.stamp(at: date)
            let hash = hash([stamp, host, user], secrets[0])
            local = Self.joined(tag: "SRS0", separator, [hash, stamp, host, user])
        }
        return local.flatMap { EmailAddress(localPart: $0, domain: domain) } ?? sender
    }

    /// `user` is what stood behind `SRS0`, its separator included.
    private func guarded(host: [UInt8], user: [UInt8]) -> [UInt8] {
        Self.joined(tag: "SRS1", separator, [hash([host, user], secrets[0]), host, user])
    }

    private static func joined(tag: String, _ separator: UInt8, _ parts: [[UInt8]]) -> [UInt8] {
        Array(tag.utf8) + [separator] + Array(parts.joined(separator: [equals]))
    }

    private func isExcluded(_ sender: Domain) -> Bool {
        excludedDomains.contains { excluded in
            excluded.first == UInt8(ascii: ".")
                ? sender.bytes.count > excluded.count && Array(sender.bytes.suffix(excluded.count)) == excluded
                : sender.bytes == excluded
        }
    }

    // MARK: Reverse

    package enum Reversal: Hashable, Sendable {
        /// Not one of these addresses.
        case none
        case sender(EmailAddress)
        /// It has the form of one, and isn't: for the log and `explain`.
        case refused(String)
    }

    /// Where a bounce to `recipient` belongs. Hashes count without regard to case: servers on the way may have changed it.
    package func reversed(_ recipient: EmailAddress, at date: RFC5322Date) -> Reversal {
        guard recipient.domain == domain, let tag = Self.tag(of: recipient.localPart) else { return .none }
        let parts = recipient.localPart.dropFirst(5).split(
            separator: Self.equals, maxSplits: tag == .first ? 3 : 2, omittingEmptySubsequences: false
        ).map { Array($0) }
        guard parts.count == (tag == .first ? 4 : 3), parts.allSatisfy({ !$0.isEmpty }) else {
            return .refused("it is not whole")
        }
        let signed = Array(parts.dropFirst())
        guard isSigned(signed, parts[0]) else { return .refused("its hash is not ours") }
        let (host, user) = tag == .first ? (parts[2], parts[3]) : (parts[1], Array("SRS0".utf8) + parts[2])
        if tag == .first, !isCurrent(parts[1], at: date) { return .refused("it is too old") }
        guard let domain = Domain(host), let sender = EmailAddress(localPart: user, domain: domain) else {
            return .refused("there is no address in it")
        }
        return .sender(sender)
    }

    private enum Tag {
        case first, second
    }

    private static func tag(of user: [UInt8]) -> Tag? {
        guard user.count > 4, separators.contains(user[4]) else { return nil }
        let tag = user.prefix(4)
        if ASCII.equalIgnoringCase(tag, "SRS0".utf8) { return .first }
        return ASCII.equalIgnoringCase(tag, "SRS1".utf8) ? .second : nil
    }

    // MARK: Hash and time

    private func hash(_ parts: [[UInt8]], _ secret: SymmetricKey) -> [UInt8] {
        var code = HMAC<Insecure.SHA1>(key: secret)
        for part in parts { code.update(data: ASCII.lowercased(part)) }
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in code.finalize() {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                result.append(Self.base64[Int(bits >> UInt32(count) & 0x3F)])
            }
        }
        // 20 octets end four bits into a character.
        if count > 0 { result.append(Self.base64[Int(bits << UInt32(6 - count) & 0x3F)]) }
        return Array(result.prefix(hashLength))
    }

    private func isSigned(_ parts: [[UInt8]], _ given: [UInt8]) -> Bool {
        guard given.count >= minimumHashLength else { return false }
        let given = ASCII.lowercased(given.prefix(hashLength))
        return secrets.contains { secret in
            // In constant time: a guess must not learn how far it was right.
            zip(ASCII.lowercased(hash(parts, secret)), given).reduce(UInt8(0)) { $0 | $1.0 ^ $1.1 } == 0
        }
    }

    private static func stamp(at date: RFC5322Date) -> [UInt8] {
        let day = day(of: date)
        return [base32[day >> 5 & 31], base32[day & 31]]
    }

    private static func day(of date: RFC5322Date) -> Int {
        Int(max(date.seconds, 0) / secondsPerDay % Int64(timeSlots))
    }

    private func isCurrent(_ stamp: [UInt8], at date: RFC5322Date) -> Bool {
        guard stamp.count == 2 else { return false }
        var then = 0
        for byte in stamp {
            guard let digit = Self.base32.firstIndex(of: ASCII.uppercased(byte)) else { return false }
            then = then << 5 | digit
        }
        let now = Self.day(of: date)
        return (now < then ? now + Self.timeSlots : now) - then <= validDays
    }
}
