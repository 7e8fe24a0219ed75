package import MailModel

/// Which users and groups may own mail, and who does when the directory does not say.
package struct OwnerRules: Hashable, Sendable {
    /// Dovecot's `first_valid_uid` and `last_valid_uid`.
    package var minimumUID: UInt32
    package var maximumUID: UInt32
    package var minimumGID: UInt32
    package var maximumGID: UInt32
    /// Whom all mail belongs to, whatever the directory says.
    package var fixed: Owner?
    /// For users without a uid or a gid of their own: Dovecot's `mail_uid` and `mail_gid`.
    package var fallbackUID: UInt32?
    package var fallbackGID: UInt32?

    package init(
        minimumUID: UInt32 = 500, maximumUID: UInt32 = .max, minimumGID: UInt32 = 1, maximumGID: UInt32 = .max,
        fixed: Owner? = nil, fallbackUID: UInt32? = nil, fallbackGID: UInt32? = nil
    ) {
        self.minimumUID = minimumUID
        self.maximumUID = maximumUID
        self.minimumGID = minimumGID
        self.maximumGID = maximumGID
        self.fixed = fixed
        self.fallbackUID = fallbackUID
        self.fallbackGID = fallbackGID
    }

    package func owner(uid: [UInt8]?, gid: [UInt8]?) throws(AccountFault) -> Owner {
        if let fixed { return fixed }
        let uid = try number(uid, "uid", fallbackUID)
        let gid = try number(gid, "gid", fallbackGID)
        guard uid >= minimumUID, uid <= maximumUID else {
            throw AccountFault("uid \(uid) is outside \(minimumUID)…\(maximumUID)")
        }
        guard gid >= minimumGID, gid <= maximumGID else {
            throw AccountFault("gid \(gid) is outside \(minimumGID)…\(maximumGID)")
        }
        guard let owner = Owner(uid: uid, gid: gid) else {
            throw AccountFault("uid \(uid) and gid \(gid) can't own mail")
        }
        return owner
    }

    private func number(_ value: [UInt8]?, _ name: String, _ fallback: UInt32?) throws(AccountFault) -> UInt32 {
        guard let value else {
            guard let fallback else {
                throw AccountFault("no \(name): neither the directory nor the configuration gives one")
            }
            return fallback
        }
        guard let number = Self.number(value) else {
            throw AccountFault(
                "\(name) \"\(String(decoding: value.prefix(32), as: UTF8.self))\" is not a number of 32 bits")
        }
        return number
    }

    /// Decimal digits and nothing else: no sign, blank, exponent or leading zero, and no more than 32 bits.
    package static func number(_ value: [UInt8]) -> UInt32? {
        guard !value.isEmpty, value.count <= 10, value.first != UInt8(ascii: "0") || value.count == 1 else {
            return nil
        }
        var number: UInt64 = 0
        for byte in value {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            number = number * 10 + UInt64(byte - 0x30)
        }
        return UInt32(exactly: number)
    }
}

/// Why what a directory says of a user can't be made into an account: what is wrong with which value.
package struct AccountFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
