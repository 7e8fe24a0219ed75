package import MailModel

extension Quota {
    /// Dovecot's `quota_rule`: mailbox name and limits, `*:storage=10M:messages=1000`. Nil for a rule on some mailboxes
    /// only, which says nothing of the account. No limit and 0 both mean none.
    ///
    ///     rule = mailbox ":" limit *( ":" limit )
    ///     limit = "storage=" number [unit] / "bytes=" number [unit] / "messages=" number / "ignore" / "noenforcing"
    ///     unit = "B" / "K" / "M" / "G" / "T"        ; storage without one is in kibibytes
    package init?(rule: [UInt8]) throws(AccountFault) {
        let parts = rule.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count >= 2 else { throw Self.fault(rule) }
        guard parts[0].elementsEqual("*".utf8) || parts[0].elementsEqual("?".utf8) else { return nil }
        self.init()
        yieldsToMailbox = parts[0].elementsEqual("?".utf8)
        for part in parts.dropFirst() {
            let limit = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(decoding: limit[0], as: UTF8.self).lowercased()
            switch (name, limit.count) {
            case ("storage", 2): storage = try Self.limit(limit[1], unit: 1024, rule)
            case ("bytes", 2): storage = try Self.limit(limit[1], unit: 1, rule)
            case ("messages", 2): messages = try Self.limit(limit[1], unit: 1, rule)
            case ("noenforcing", 1), ("", 1): break
            case ("ignore", 1): self = .unlimited
            default: throw Self.fault(rule)
            }
        }
    }

    /// A limit as directories hold it without further words: bytes, a number with a unit, maildirsize's
    /// `10485760S,1000C`, or `NOQUOTA`.
    package init(plain value: [UInt8]) throws(AccountFault) {
        self.init()
        guard !ASCII.equalIgnoringCase(value, "NOQUOTA".utf8) else { return }
        for part in value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            switch part.last {
            case UInt8(ascii: "S"), UInt8(ascii: "s"): storage = try Self.limit(part.dropLast(), unit: 1, value)
            case UInt8(ascii: "C"), UInt8(ascii: "c"): messages = try Self.limit(part.dropLast(), unit: 1, value)
            default: storage = try Self.limit(part, unit: 1, value)
            }
        }
    }

    fileprivate static func limit(
        _ text: ArraySlice<UInt8>, unit: UInt64, _ whole: [UInt8]
    ) throws(AccountFault) -> UInt64? {
        var digits = text
        var factor = unit
        switch text.last.map(ASCII.uppercased) {
        case UInt8(ascii: "B"): factor = 1
        case UInt8(ascii: "K"): factor = 1 << 10
        case UInt8(ascii: "M"): factor = 1 << 20
        case UInt8(ascii: "G"): factor = 1 << 30
        case UInt8(ascii: "T"): factor = 1 << 40
        default: factor = 0
        }
        if factor == 0 { factor = unit } else { digits = digits.dropLast() }
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let number = UInt64(String(decoding: digits, as: UTF8.self))
        else { throw fault(whole) }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow else { throw fault(whole) }
        return product == 0 ? nil : product
    }

    fileprivate static func fault(_ value: [UInt8]) -> AccountFault {
        AccountFault("quota \"\(String(decoding: value.prefix(64), as: UTF8.self))\" is not understood")
    }
}

extension QuotaFolderRule {
    /// A `quota_rule` on some mailboxes only: `Trash:storage=+10%`, `Junk*:ignore`. Nil for one on all of them.
    ///
    ///     limit = ( "storage" / "bytes" / "messages" ) "=" [ "+" / "-" ] number [ unit / "%" ]
    ///
    /// Without a sign it is added to the account's limit as well, as Dovecot does (and warns of).
    package init?(rule: [UInt8]) throws(AccountFault) {
        let parts = rule.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count >= 2, !parts[0].isEmpty, parts[0].count <= 1024 else { throw Quota.fault(rule) }
        guard !parts[0].elementsEqual("*".utf8), !parts[0].elementsEqual("?".utf8) else { return nil }
        self.init(pattern: Array(parts[0]))
        for part in parts.dropFirst() {
            let limit = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            switch (String(decoding: limit[0], as: UTF8.self).lowercased(), limit.count) {
            case ("storage", 2): storage = try Self.change(limit[1], unit: 1024, rule)
            case ("bytes", 2): storage = try Self.change(limit[1], unit: 1, rule)
            case ("messages", 2): messages = try Self.change(limit[1], unit: 1, rule)
            case ("ignore", 1): isIgnored = true
            case ("noenforcing", 1), ("", 1): break
            default: throw Quota.fault(rule)
            }
        }
    }

    private static func change(
        _ text: ArraySlice<UInt8>, unit: UInt64, _ rule: [UInt8]
    ) throws(AccountFault) -> Change {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = isNegative || text.first == UInt8(ascii: "+") ? text.dropFirst() : text
        if digits.last == UInt8(ascii: "%") {
            let percent = try Quota.limit(digits.dropLast(), unit: 1, rule) ?? 0
            guard percent <= 10_000 else { throw Quota.fault(rule) }
            return .percent(isNegative ? -Int64(percent) : Int64(percent))
        }
        let amount = Int64(clamping: try Quota.limit(digits, unit: unit, rule) ?? 0)
        return .by(isNegative ? -amount : amount)
    }
}

extension QuotaTerms.Grace {
    /// `10%`, `50M`, `50 M`, `0`.
    package init(setting text: String) throws(AccountFault) {
        let bytes = text.utf8.filter { $0 != 0x20 }
        guard bytes.last == UInt8(ascii: "%") else {
            self = .bytes(try Quota.limit(bytes[...], unit: 1, bytes) ?? 0)
            return
        }
        let percent = try Quota.limit(bytes.dropLast(), unit: 1, bytes) ?? 0
        guard percent <= 1000 else { throw Quota.fault(bytes) }
        self = .percent(percent)
    }
}

extension QuotaWarning {
    /// The first word of Dovecot's `quota_warning`: `storage=95%`, `messages=1000`, `-storage=100%`.
    package init(setting text: String) throws(AccountFault) {
        let whole = Array(text.utf8)
        let isBelow = whole.first == UInt8(ascii: "-")
        let parts = whole.dropFirst(isBelow || whole.first == UInt8(ascii: "+") ? 1 : 0)
            .split(separator: UInt8(ascii: "="), maxSplits: 1)
        guard parts.count == 2 else { throw Quota.fault(whole) }
        let resource: Resource
        let unit: UInt64
        switch String(decoding: parts[0], as: UTF8.self).lowercased() {
        case "storage": (resource, unit) = (.storage, 1024)
        case "bytes": (resource, unit) = (.storage, 1)
        case "messages", "message": (resource, unit) = (.messages, 1)
        default: throw Quota.fault(whole)
        }
        if parts[1].last == UInt8(ascii: "%") {
            guard let percent = try Quota.limit(parts[1].dropLast(), unit: 1, whole), percent <= 10_000 else {
                throw Quota.fault(whole)
            }
            self.init(resource, .percent(percent), isBelow: isBelow)
        } else {
            guard let amount = try Quota.limit(parts[1], unit: unit, whole) else { throw Quota.fault(whole) }
            self.init(resource, .amount(amount), isBelow: isBelow)
        }
    }
}
