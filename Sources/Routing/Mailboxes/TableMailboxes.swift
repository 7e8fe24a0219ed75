package import Directory
package import LookupTables
package import MailModel

/// Mailboxes as virtual(8) of Postfix finds them: `virtual_mailbox_maps` gives a path below `virtual_mailbox_base`, a `/`
/// at its end meaning a maildir, and `virtual_uid_maps` and `virtual_gid_maps` the owner of the files, all three asked
/// by the recipient.
///
/// What can't be served as it stands (two paths for one address, a uid that is no number or too small, `..` in a path) is
/// `unavailable` and says what the directory holds: a message is never put where nobody meant it to be.
package struct TableMailboxes: MailboxLookup {
    package var mailboxMaps: [any LookupTable]
    package var uidMaps: [any LookupTable]
    package var gidMaps: [any LookupTable]
    /// `virtual_mailbox_base`: joined to every answer with a `/`.
    package var base: [UInt8]
    /// `virtual_minimum_uid`; a gid must only not be 0.
    package var minimumUID: UInt32
    package var recipientDelimiter: RecipientDelimiter
    package var location: SourceLocation?
    /// Whether a bare name stands for an address of the domain: `mydestination` and `myorigin`.
    package var isLocalDomain: @Sendable (Domain) async -> Answer<Bool>

    package init(
        mailboxMaps: [any LookupTable], uidMaps: [any LookupTable], gidMaps: [any LookupTable], base: [UInt8],
        minimumUID: UInt32 = 100, recipientDelimiter: RecipientDelimiter = .none, location: SourceLocation? = nil,
        isLocalDomain: @escaping @Sendable (Domain) async -> Answer<Bool> = { _ in Answer(.found(false)) }
    ) {
        self.mailboxMaps = mailboxMaps
        self.uidMaps = uidMaps
        self.gidMaps = gidMaps
        self.base = base
        self.minimumUID = minimumUID
        self.recipientDelimiter = recipientDelimiter
        self.location = location
        self.isLocalDomain = isLocalDomain
    }

    package func mailbox(for address: EmailAddress) async -> Answer<LocalMailbox> {
        let local = await isLocalDomain(address.domain)
        var steps = local.steps
        let isLocal: Bool
        switch local.outcome {
        case .found(let value): isLocal = value
        case .absent: isLocal = false
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
        }

        let answer = await find(address, in: mailboxMaps, isLocal)
        steps += answer.steps
        let value: [UInt8]
        switch answer.outcome {
        case .found(let hit): value = hit.value
        case .absent: return Answer(.absent, steps: steps)
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
        }

        let location: MailboxLocation
        switch mailboxLocation(value, steps: answer.steps, for: address) {
        case .success(let parsed): location = parsed
        case .failure(let fault): return fault.answer(steps)
        }

        let uid: UInt32
        switch await identifier(.uid, address, isLocal, &steps) {
        case .success(let number): uid = number
        case .failure(let fault): return fault.answer(steps)
        }
        let gid: UInt32
        switch await identifier(.gid, address, isLocal, &steps) {
        case .success(let number): gid = number
        case .failure(let fault): return fault.answer(steps)
        }
        guard let owner = Owner(uid: uid, gid: gid) else {
            return MailboxFault("\(address): \(uid):\(gid) can't own a mailbox").answer(steps)
        }
        return Answer(.found(LocalMailbox(address: address, location: location, owner: owner)), steps: steps)
    }

    private func find(
        _ address: EmailAddress, in tables: [any LookupTable], _ isLocal: Bool
    ) async -> Answer<AddressLookup.Hit> {
        await AddressLookup.find(address, in: tables, delimiter: recipientDelimiter, isLocal: isLocal)
    }

    // MARK: - Path

    private func mailboxLocation(
        _ value: [UInt8], steps: [TraceStep], for address: EmailAddress
    ) -> Result<MailboxLocation, MailboxFault> {
        let values = DirectoryValues(steps).values
        if values.count > 1 {
            let named = values.map { "\($0.entry) (\($0.attribute): \(String(decoding: $0.value, as: UTF8.self)))" }
            return .failure(
                MailboxFault(
                    "\(address) has \(values.count) mailboxes, and mail can go to one only: \(named.joined(separator: "; "))"
                ))
        }
        let path = base.isEmpty ? value : base + [UInt8(ascii: "/")] + value
        let text = String(decoding: path, as: UTF8.self)
        guard path.first == UInt8(ascii: "/") else {
            return .failure(
                MailboxFault("\(address): the mailbox path \(text) is not absolute: set virtual_mailbox_base"))
        }
        guard !path.contains(where: { $0 < 0x20 || $0 == 0x7F }), path.count < 4096 else {
            return .failure(MailboxFault("\(address): the mailbox path \(text) can't be a path"))
        }
        let parts = path.split(separator: UInt8(ascii: "/"))
        guard !parts.isEmpty, !parts.contains(where: { $0.elementsEqual("..".utf8) }) else {
            return .failure(MailboxFault("\(address): the mailbox path \(text) leaves its base"))
        }
        // Empty and `.` parts name nothing: `base//answer` is what joining with a `/` gives.
        var clean: [UInt8] = []
        for part in parts where !part.elementsEqual(".".utf8) { clean += [UInt8(ascii: "/")] + part }
        guard !clean.isEmpty else {
            return .failure(MailboxFault("\(address): the mailbox path \(text) is the root directory"))
        }
        return .success(MailboxLocation(format: value.last == UInt8(ascii: "/") ? .maildir : .mbox, path: clean))
    }

    // MARK: - Owner

    private enum Identifier: String {
        case uid = "virtual_uid_maps"
        case gid = "virtual_gid_maps"
    }

    private func identifier(
        _ kind: Identifier, _ address: EmailAddress, _ isLocal: Bool, _ steps: inout [TraceStep]
    ) async -> Result<UInt32, MailboxFault> {
        let answer = await find(address, in: kind == .uid ? uidMaps : gidMaps, isLocal)
        steps += answer.steps
        switch answer.outcome {
        case .found(let hit):
            let minimum = kind == .uid ? max(minimumUID, 1) : 1
            let text = String(decoding: hit.value, as: UTF8.self)
            guard let number = Self.number(hit.value) else {
                return .failure(MailboxFault("\(address): \(kind.rawValue) gives “\(text)”, which is no number"))
            }
            guard number >= minimum else {
                return .failure(
                    MailboxFault("\(address): \(kind.rawValue) gives \(text), below the minimum of \(minimum)"))
            }
            return .success(number)
        case .absent:
            return .failure(MailboxFault("\(address): not found in \(kind.rawValue)"))
        case .unavailable(let reason):
            return .failure(MailboxFault(reason))
        }
    }

    /// 1*DIGIT that fits into 32 bits, and nothing else: no sign, no blank, no list.
    private static func number(_ bytes: [UInt8]) -> UInt32? {
        guard !bytes.isEmpty, bytes.count <= 10, bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt32(String(decoding: bytes, as: UTF8.self))
    }
}

/// Why a mailbox that is there can't be had.
private struct MailboxFault: Error {
    var reason: UnavailableReason

    init(_ text: String) {
        reason = UnavailableReason(.misconfigured, text)
    }

    init(_ reason: UnavailableReason) {
        self.reason = reason
    }

    func answer(_ steps: [TraceStep]) -> Answer<LocalMailbox> {
        Answer(.unavailable(reason), steps: steps)
    }
}
