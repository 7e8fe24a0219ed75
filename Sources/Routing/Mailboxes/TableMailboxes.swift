package import Directory
package import LookupTables
package import MailModel

/// Mailboxes as virtual(8) of Postfix finds them: `virtual_mailbox_maps` gives a path below `virtual_mailbox_base`, a `/`
/// at its end meaning a maildir, and `virtual_uid_maps` and `virtual_gid_maps` the owner of the files, all three asked
/// by the recipient.
///
/// An address that several entries claim reaches the mailbox of each, owned as the same entry says.
/// What can't be served as it stands (an entry with two paths, a uid that is no number or too small, `..` in a path) is
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
    package var severalEntries: SeveralEntries
    /// Whether a bare name stands for an address of the domain: `mydestination` and `myorigin`.
    package var isLocalDomain: @Sendable (Domain) async -> Answer<Bool>

    /// What becomes of an address that more than one entry of a directory claims.
    package enum SeveralEntries: Hashable, Sendable {
        /// Each of their mailboxes gets the mail.
        case eachEntry
        /// Postfix makes one path of them all. Nobody meant that: the recipient is deferred, and the entries are named.
        case onePathAsPostfix
    }

    package init(
        mailboxMaps: [any LookupTable], uidMaps: [any LookupTable], gidMaps: [any LookupTable], base: [UInt8],
        minimumUID: UInt32 = 100, recipientDelimiter: RecipientDelimiter = .none, location: SourceLocation? = nil,
        severalEntries: SeveralEntries = .eachEntry,
        isLocalDomain: @escaping @Sendable (Domain) async -> Answer<Bool> = { _ in Answer(.found(false)) }
    ) {
        self.mailboxMaps = mailboxMaps
        self.uidMaps = uidMaps
        self.gidMaps = gidMaps
        self.base = base
        self.minimumUID = minimumUID
        self.recipientDelimiter = recipientDelimiter
        self.location = location
        self.severalEntries = severalEntries
        self.isLocalDomain = isLocalDomain
    }

    package func mailboxes(for address: EmailAddress) async -> Answer<[LocalMailbox]> {
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
        let hit: AddressLookup.Hit
        switch answer.outcome {
        case .found(let found): hit = found
        case .absent: return Answer(.absent, steps: steps)
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
        }
        do throws(MailboxFault) {
            let claims = try claims(hit, steps: answer.steps, for: address)
            var locations: [MailboxLocation] = []
            for claim in claims { locations.append(try mailboxLocation(claim.value, for: address)) }
            let uids = try await identifiers(.uid, address, isLocal, &steps)
            let gids = try await identifiers(.gid, address, isLocal, &steps)
            var mailboxes: [LocalMailbox] = []
            for (claim, location) in zip(claims, locations) {
                let uid = try number(uids, for: claim, among: claims, address)
                let gid = try number(gids, for: claim, among: claims, address)
                guard let owner = Owner(uid: uid, gid: gid) else {
                    throw MailboxFault("\(address): \(uid):\(gid) can't own a mailbox")
                }
                if let known = mailboxes.first(where: { $0.location == location }) {
                    guard known.owner == owner else {
                        throw MailboxFault("\(address): \(location) has two owners, \(known.owner) and \(owner)")
                    }
                    continue
                }
                mailboxes.append(LocalMailbox(address: address, location: location, owner: owner))
            }
            return Answer(.found(mailboxes), steps: steps)
        } catch {
            return Answer(.unavailable(error.reason), steps: steps)
        }
    }

    private func find(
        _ address: EmailAddress, in tables: [any LookupTable], _ isLocal: Bool
    ) async -> Answer<AddressLookup.Hit> {
        await AddressLookup.find(address, in: tables, delimiter: recipientDelimiter, isLocal: isLocal)
    }

    // MARK: - Path

    /// What one account says of its mailbox.
    private struct Claim {
        /// Nil when the table knows no entries, or they are not to be told apart.
        var entry: EntryValues?
        var value: [UInt8]
    }

    private func claims(
        _ hit: AddressLookup.Hit, steps: [TraceStep], for address: EmailAddress
    ) throws(MailboxFault) -> [Claim] {
        guard severalEntries == .eachEntry, hit.entries.allSatisfy({ $0.entry != nil && $0.values.count == 1 }) else {
            // Also for an entry with two paths: which of them is its mailbox?
            let values = DirectoryValues(steps).values
            guard values.count <= 1 else {
                let named = values.map { "\($0.entry) (\($0.attribute): \(String(decoding: $0.value, as: UTF8.self)))" }
                throw MailboxFault(
                    "\(address) has \(values.count) mailboxes, and mail can go to one only: \(named.joined(separator: "; "))"
                )
            }
            return [Claim(entry: nil, value: hit.value)]
        }
        return hit.entries.flatMap { entry in entry.values.map { Claim(entry: entry, value: $0) } }
    }

    private func mailboxLocation(
        _ value: [UInt8], for address: EmailAddress
    ) throws(MailboxFault) -> MailboxLocation {
        let path = base.isEmpty ? value : base + [UInt8(ascii: "/")] + value
        let text = String(decoding: path, as: UTF8.self)
        guard path.first == UInt8(ascii: "/") else {
            throw MailboxFault("\(address): the mailbox path \(text) is not absolute: set virtual_mailbox_base")
        }
        guard !path.contains(where: { $0 < 0x20 || $0 == 0x7F }), path.count < 4096 else {
            throw MailboxFault("\(address): the mailbox path \(text) can't be a path")
        }
        let parts = path.split(separator: UInt8(ascii: "/"))
        guard !parts.isEmpty, !parts.contains(where: { $0.elementsEqual("..".utf8) }) else {
            throw MailboxFault("\(address): the mailbox path \(text) leaves its base")
        }
        // Empty and `.` parts name nothing: `base//answer` is what joining with a `/` gives.
        var clean: [UInt8] = []
        for part in parts where !part.elementsEqual(".".utf8) { clean += [UInt8(ascii: "/")] + part }
        guard !clean.isEmpty else {
            throw MailboxFault("\(address): the mailbox path \(text) is the root directory")
        }
        guard value.last == UInt8(ascii: "/") else {
            // A file alone: nothing says where other mailboxes would be.
            return MailboxLocation(format: .mbox, path: clean, inbox: clean)
        }
        return MailboxLocation(format: .maildir, path: clean)
    }

    // MARK: - Owner

    private enum Identifier: String {
        case uid = "virtual_uid_maps"
        case gid = "virtual_gid_maps"
    }

    private struct Identifiers {
        var kind: Identifier
        var hit: AddressLookup.Hit
    }

    private func identifiers(
        _ kind: Identifier, _ address: EmailAddress, _ isLocal: Bool, _ steps: inout [TraceStep]
    ) async throws(MailboxFault) -> Identifiers {
        let answer = await find(address, in: kind == .uid ? uidMaps : gidMaps, isLocal)
        steps += answer.steps
        switch answer.outcome {
        case .found(let hit): return Identifiers(kind: kind, hit: hit)
        case .absent: throw MailboxFault("\(address): not found in \(kind.rawValue)")
        case .unavailable(let reason): throw MailboxFault(reason)
        }
    }

    private func number(
        _ identifiers: Identifiers, for claim: Claim, among claims: [Claim], _ address: EmailAddress
    ) throws(MailboxFault) -> UInt32 {
        let kind = identifiers.kind
        let value = try value(identifiers, for: claim, among: claims, address)
        let minimum = kind == .uid ? max(minimumUID, 1) : 1
        let text = String(decoding: value, as: UTF8.self)
        guard let number = Self.number(value) else {
            throw MailboxFault("\(address): \(kind.rawValue) gives “\(text)”, which is no number")
        }
        guard number >= minimum else {
            throw MailboxFault("\(address): \(kind.rawValue) gives \(text), below the minimum of \(minimum)")
        }
        return number
    }

    /// A mailbox's own value: that of the entry which has the mailbox. Where the table tells no entries apart
    /// (`static:`), or speaks of others (the domain's) and says one thing, that is for all mailboxes.
    private func value(
        _ identifiers: Identifiers, for claim: Claim, among claims: [Claim], _ address: EmailAddress
    ) throws(MailboxFault) -> [UInt8] {
        let hit = identifiers.hit
        guard let entry = claim.entry, hit.entries.contains(where: { $0.entry != nil }) else { return hit.value }
        let own = hit.entries.filter { $0.isOf(entry) }
        if let only = own.first, own.count == 1 { return [only].joined }
        let speaksOfOthers = hit.entries.allSatisfy { given in
            !claims.contains { claim in claim.entry.map(given.isOf) ?? false }
        }
        if own.isEmpty, speaksOfOthers {
            let values = Set(hit.entries.flatMap(\.values))
            if let only = values.first, values.count == 1 { return only }
            if claims.count == 1 { return hit.value }
        }
        throw MailboxFault(
            "\(address): \(identifiers.kind.rawValue) doesn't tell whose value is that of \(entry.entry ?? "")")
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
}
