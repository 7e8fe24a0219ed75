import MailModel
import MailStore
import NIOCore
import POP3
import SiteConfiguration

/// What a maildrop holds at a login: sizes, unique ids, and the order of the messages.
struct MaildropListing {
    private let mailbox: any OpenMailbox
    private let options: MaildropOptions

    init(_ mailbox: any OpenMailbox, _ options: MaildropOptions) {
        self.mailbox = mailbox
        self.options = options
    }

    func messages() async throws(MailboxFailure) -> [POP3Message] {
        let view = mailbox.view
        let uids = shownUIDs(view)
        guard !uids.isEmpty else { return [] }
        let sizes = try await sizes(uids)
        var source = IdentitySource.store
        if case .courier = options.uniqueIDs { source = .courierList(sizes: sizes) }
        var identities = try await mailbox.identities(of: uids, from: source).filter { sizes[$0.uid] != nil }
        if identities.contains(where: { $0.order != nil }) {
            identities.sort { ($0.order ?? .max, $0.uid) < ($1.order ?? .max, $1.uid) }
        }
        let ids = try await uniqueIDs(identities, view.uidValidity)
        return zip(identities, ids).compactMap { identity, id in
            sizes[identity.uid].map { POP3Message(uid: identity.uid, size: $0, uniqueID: id) }
        }
    }

    /// Without those that POP3 clients deleted where deleting removes nothing.
    private func shownUIDs(_ view: MailboxView) -> [UInt32] {
        guard let keyword = options.deletedKeyword,
            let place = view.keywords.firstIndex(where: { $0.lowercased() == keyword.lowercased() }),
            let flag = MessageFlags.keyword(place)
        else { return view.uids }
        return zip(view.uids, view.flags).filter { !$0.1.contains(flag) }.map(\.0)
    }

    private func sizes(_ uids: [UInt32]) async throws(MailboxFailure) -> [UInt32: UInt64] {
        var result: [UInt32: UInt64] = [:]
        result.reserveCapacity(uids.count)
        try await forEach(uids, .size) { message in
            if let size = message.size { result[message.uid] = size }
        }
        return result
    }

    private func forEach(
        _ uids: [UInt32], _ items: MessageItems, _ body: (FetchedMessage) -> Void
    ) async throws(MailboxFailure) {
        var rest = uids[...]
        while !rest.isEmpty {
            let batch = try await mailbox.fetch(rest, items)
            guard let last = batch.last?.uid else { return }
            for message in batch { body(message) }
            rest = rest.drop { $0 <= last }
        }
    }

    // MARK: Unique ids

    private func uniqueIDs(
        _ identities: [MessageIdentity], _ uidValidity: UInt32
    ) async throws(MailboxFailure) -> [[UInt8]] {
        var known: [UInt32: [UInt8]] = [:]
        for identity in identities where identity.savedUniqueID != nil { known[identity.uid] = identity.savedUniqueID }
        if options.reusesXUIDL {
            let unknown = identities.map(\.uid).filter { known[$0] == nil }.sorted()
            try await forEach(unknown, .header) { message in
                if let id = message.content.flatMap(Self.xUIDL) { known[message.uid] = id }
            }
        }
        var new: [UInt32: [UInt8]] = [:]
        var seen: [[UInt8]: Int] = [:]
        var result: [[UInt8]] = []
        for identity in identities {
            var id: [UInt8]
            if let saved = known[identity.uid] {
                id = saved
            } else if let made = Self.uniqueID(identity, options.uniqueIDs, uidValidity) {
                id = made
            } else {
                throw MailboxFailure(
                    .misconfigured,
                    "\(options.uniqueIDs.text) asks for what this mailbox has not: choose another pop3.uidl_format")
            }
            id = Self.printable(id)
            if options.renamesDuplicates {
                while let count = seen[id] {
                    seen[id] = count + 1
                    id += Array("-\(count + 1)".utf8)
                }
                seen[id] = 1
            }
            if identity.savedUniqueID == nil { new[identity.uid] = id }
            result.append(id)
        }
        if options.savesUniqueIDs { try await mailbox.save(uniqueIDs: new) }
        return result
    }

    private static func uniqueID(
        _ identity: MessageIdentity, _ format: POP3Model.UniqueIDs, _ uidValidity: UInt32
    ) -> [UInt8]? {
        switch format {
        case .format(let format):
            return format.expanded(
                UIDLFormat.Values(
                    uid: identity.uid, uidValidity: uidValidity, fileName: identity.fileName, guid: identity.guid,
                    headerSum: identity.headerSum))
        case .courier:
            if let id = identity.courier, id.number != 0 {
                return Array((id.validity == 0 ? "UID\(id.number)" : "UID\(id.number)-\(id.validity)").utf8)
            }
            return identity.fileName.map(courierName)
        }
    }

    /// As Courier writes a file's name: what is no plain character, and `'`, `"` and `+`, as `+XX`.
    private static func courierName(_ name: [UInt8]) -> [UInt8] {
        name.flatMap { byte -> [UInt8] in
            guard byte < 0x21 || byte > 0x7E || [0x27, 0x22, 0x2B].contains(byte) else { return [byte] }
            let digits = Array("0123456789ABCDEF".utf8)
            return [0x2B, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }

    /// The first `X-UIDL` of a header.
    private static func xUIDL(_ header: ByteBuffer) -> [UInt8]? {
        for line in header.readableBytesView.split(separator: 0x0A) {
            guard line.count > 7, line.prefix(7).map({ $0 | 0x20 }) == Array("x-uidl:".utf8).map({ $0 | 0x20 }) else {
                continue
            }
            let value = line.dropFirst(7).filter { $0 > 0x20 && $0 < 0x7F }
            return value.isEmpty ? nil : Array(value)
        }
        return nil
    }

    /// An id is one word of at most 70 printable characters (RFC 1939 §7); Dovecot sends longer file names as they are, and
    /// so do we: a shorter one would make its clients fetch the mail again.
    private static func printable(_ id: [UInt8]) -> [UInt8] {
        id.contains { $0 < 0x21 || $0 > 0x7E } ? id.map { $0 < 0x21 || $0 > 0x7E ? UInt8(ascii: "_") : $0 } : id
    }
}
