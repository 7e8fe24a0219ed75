import MailModel
import NIOCore

/// What the client has said that it understands: by ENABLE (RFC 5161), or by a command that means as much (RFC 7162 §3.1).
struct EnabledExtensions: OptionSet, Hashable, Sendable {
    let rawValue: UInt16

    init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    static let condstore = EnabledExtensions(rawValue: 1)
    static let qresync = EnabledExtensions(rawValue: 2)
    /// RFC 9586: no message sequence numbers in either direction.
    static let uidOnly = EnabledExtensions(rawValue: 4)
    /// RFC 6855
    static let utf8Accept = EnabledExtensions(rawValue: 8)
    /// RFC 9051
    static let imap4rev2 = EnabledExtensions(rawValue: 16)
    /// RFC 5464 §4.1: changes that others make are told: of mailboxes and the account, or of the account alone.
    static let metadata = EnabledExtensions(rawValue: 32)
    static let serverMetadata = EnabledExtensions(rawValue: 64)

    /// NOTIFY has asked for changes of flags in the selected mailbox (RFC 5465 §5.1). No ENABLE names it.
    static let flagNews = EnabledExtensions(rawValue: 128)

    /// The names that ENABLE knows, and what each means with all that it implies.
    static let names: [(name: String, extensions: EnabledExtensions)] = [
        ("CONDSTORE", .condstore), ("QRESYNC", [.qresync, .condstore]), ("UIDONLY", .uidOnly),
        ("UTF8=ACCEPT", .utf8Accept), ("IMAP4rev2", .imap4rev2), ("METADATA", .metadata),
        ("METADATA-SERVER", .serverMetadata),
    ]

    /// Flags are told with their MODSEQ.
    var showsModSeqs: Bool { contains(.condstore) }
    /// Flags are told with the UID (RFC 7162 §3.2.4, RFC 5465 §5.1, RFC 9051 §7.5.2).
    var showsUIDs: Bool { !isDisjoint(with: [.qresync, .flagNews, .imap4rev2]) && !contains(.uidOnly) }
    /// Mailbox names are UTF-8 in both directions (RFC 6855 §3, RFC 9051 §5.1).
    var usesUTF8Names: Bool { contains(.utf8Accept) || contains(.imap4rev2) }
    /// RFC 9051 Appendix E: no \Recent, no RECENT, no UNSEEN in SELECT.
    var showsRecent: Bool { !contains(.imap4rev2) }
    /// VANISHED takes the place of EXPUNGE.
    var showsVanished: Bool { contains(.qresync) || contains(.uidOnly) }

    /// message-data = nz-number SP "FETCH" SP "(" ; uidfetch-resp = uniqueid SP "UIDFETCH" SP "("
    func beginFetch(_ index: Int, uid: UInt32, _ output: inout ByteBuffer) {
        if contains(.uidOnly) {
            output.writeString("* \(uid) UIDFETCH (")
        } else {
            output.writeString("* \(index + 1) FETCH (")
        }
    }
}

extension IMAPServerEngine {
    /// ENABLE: names that are not known are passed over (RFC 5161 §3.1).
    mutating func enable(_ names: [String], _ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        let before = enabled
        var shown = ""
        for (name, extensions) in EnabledExtensions.names where names.contains(name.uppercased()) {
            guard !enabled.isSuperset(of: extensions) else { continue }
            let isOfMetadata = !extensions.isDisjoint(with: [.metadata, .serverMetadata])
            guard !isOfMetadata || (account?.keepsMetadata ?? false) else { continue }
            enabled.formUnion(extensions)
            shown += " \(name)"
        }
        output.writeString("* ENABLED\(shown)\r\n")
        tellHighestModSeq(ifEnabledSince: before, &output)
        let completion = Completion(tag: tag, text: "OK Enabled.")
        let metadata: EnabledExtensions = [.metadata, .serverMetadata]
        guard let account, before.isDisjoint(with: metadata), !enabled.isDisjoint(with: metadata) else {
            return finish(completion, &output)
        }
        return rewatch(account, &output) { engine, output in engine.finish(completion, &output) }
    }

    /// A command that means CONDSTORE (RFC 7162 §3.1).
    mutating func enableCondstore(_ output: inout ByteBuffer) {
        let before = enabled
        enabled.insert(.condstore)
        tellHighestModSeq(ifEnabledSince: before, &output)
    }

    /// RFC 7162 §3.1.2.2: the client learns the value as if it had said so with SELECT.
    private func tellHighestModSeq(ifEnabledSince before: EnabledExtensions, _ output: inout ByteBuffer) {
        guard enabled.contains(.condstore), !before.contains(.condstore), let selected else { return }
        output.writeString("* OK [HIGHESTMODSEQ \(selected.told.highestModSeq)] Highest\r\n")
    }

    /// RFC 9586 §3: what a session without sequence numbers may not say.
    func needsUIDs(_ command: IMAPCommand) -> Bool {
        guard enabled.contains(.uidOnly) else { return false }
        switch command {
        case .fetch(_, _, let byUID, _), .store(_, _, _, let byUID, _), .copy(_, _, let byUID), .move(_, _, let byUID):
            return !byUID
        case .search(let request): return !request.byUID || request.key.hasSequenceNumbers
        case .select(_, _, let parameters): return parameters.qresync?.knownSequence != nil
        default: return false
        }
    }
}

extension SearchKey {
    fileprivate var hasSequenceNumbers: Bool {
        switch self {
        case .sequence: true
        case .not(let key): key.hasSequenceNumbers
        case .or(let left, let right): left.hasSequenceNumbers || right.hasSequenceNumbers
        case .and(let keys): keys.contains { $0.hasSequenceNumbers }
        default: false
        }
    }
}
