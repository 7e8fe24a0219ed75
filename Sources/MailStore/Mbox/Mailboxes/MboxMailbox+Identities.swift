import Blocking
import Crypto
import MailModel

extension MboxMailbox: IdentifyingMailbox {
    /// An mbox's messages have neither file names nor an identity of their own; Dovecot knows them by a sum of their headers.
    func storedIdentities(
        of uids: [UInt32], from source: IdentitySource
    ) async throws(MailboxFailure) -> [MessageIdentity] {
        try await withMailboxFailures {
            try await folder.reading(pool: store.stores.pool, for: listener) { state, file in
                guard MboxState.Stamp(try file.status()) == state.stamp else { throw MboxReader.Stale() }
                return try uids.compactMap { uid in
                    guard let entry = state.entry(of: uid) else { return nil }
                    var identity = MessageIdentity(uid: uid)
                    let sum = MboxHeaderSum.hexadecimal(try MboxReader.header(of: entry, in: file))
                    identity.guid = sum
                    identity.headerSum = sum
                    return identity
                }
            }
        }
    }

    /// There is no place for them in the file that other programs would leave alone.
    func store(uniqueIDs: [UInt32: [UInt8]]) async throws(MailboxFailure) {}
}

/// By what Dovecot tells messages of an mbox apart (`mbox_md5 = apop3d`): MD5 of the values of some fields, whose first `Received`
/// is better than `Date` and `Message-ID` behind it.
enum MboxHeaderSum {
    private enum Field: String, CaseIterable {
        case date = "Date"
        case deliveredTo = "Delivered-To"
        case messageID = "Message-ID"
        case received = "Received"
        case deliveryID = "X-Delivery-ID"
    }

    static func hexadecimal(_ header: [UInt8]) -> [UInt8] {
        var hash = Insecure.MD5()
        var hasReceived = false
        var current: Field?
        let lines = header.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            line.last == 0x0D ? line.dropLast() : line
        }
        for (number, line) in lines.enumerated() {
            guard !line.isEmpty else { break }
            let isContinuation = line.first == 0x20 || line.first == 0x09
            var value = line
            if !isContinuation {
                if current == .received { hasReceived = true }
                current = nil
                guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
                var name = line[..<colon]
                while let last = name.last, last == 0x20 || last == 0x09 { name = name.dropLast() }
                current = Field.allCases.first { ASCII.equalIgnoringCase($0.rawValue.utf8, name) }
                value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
            } else if number == 0 {
                continue
            }
            switch current {
            case .deliveredTo, .deliveryID: hash.update(data: value)
            case .date, .messageID, .received:
                if !hasReceived { hash.update(data: value) }
            case nil: break
            }
        }
        let digits = Array("0123456789abcdef".utf8)
        return hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
}
