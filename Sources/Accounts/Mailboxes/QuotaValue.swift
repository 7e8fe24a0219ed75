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

    /// A limit as directories hold it without further words: bytes, a number with a unit, or maildirsize's
    /// `10485760S,1000C`.
    package init(plain value: [UInt8]) throws(AccountFault) {
        self.init()
        for part in value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            switch part.last {
            case UInt8(ascii: "S"), UInt8(ascii: "s"): storage = try Self.limit(part.dropLast(), unit: 1, value)
            case UInt8(ascii: "C"), UInt8(ascii: "c"): messages = try Self.limit(part.dropLast(), unit: 1, value)
            default: storage = try Self.limit(part, unit: 1, value)
            }
        }
    }

    private static func limit(
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

    private static func fault(_ value: [UInt8]) -> AccountFault {
        AccountFault("quota \"\(String(decoding: value.prefix(64), as: UTF8.self))\" is not understood")
    }
}
