/// What a client of one mailbox knows of it, from what it was told and nothing else; and what it was told against the rules of
/// RFC 3501 §7.4.1, RFC 9051 §5.5 and RFC 7162.
struct ClientView {
    enum Kind: CaseIterable {
        case plain, condstore, qresync
    }

    struct Known: Hashable {
        var uid: Int?
        var flags: Set<String>?
        var modSeq = 0
    }

    let kind: Kind
    private(set) var messages: [Known] = []
    private(set) var highestModSeq = 0
    private(set) var uidValidity = 0
    private(set) var problems: [String] = []
    /// Of each UID, also of an earlier session: it never goes back.
    private var modSeqs: [Int: Int] = [:]

    init(_ kind: Kind) {
        self.kind = kind
    }

    mutating func report(_ problem: String) { problems.append(problem) }

    mutating func forget() { messages = [] }

    /// - Parameter mayExpunge: false while FETCH, STORE, SEARCH or SORT by sequence numbers is in progress.
    mutating func read(_ line: String, _ command: String, mayExpunge: Bool) {
        guard line.hasPrefix("* ") else { return }
        let words = line.dropFirst(2).split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count >= 2 else { return }
        if words[0] == "OK" {
            read(code: line)
        } else if words[0] == "VANISHED" {
            readVanished(words, command, mayExpunge: mayExpunge)
        } else if words[1] == "EXISTS", let count = Int(words[0]) {
            if count < messages.count { report("EXISTS \(count) of \(messages.count): \(command)") }
            while messages.count < count { messages.append(Known()) }
        } else if words[1] == "EXPUNGE", let number = Int(words[0]) {
            if !mayExpunge { report("EXPUNGE during \(command)") }
            if kind == .qresync { report("EXPUNGE to a client with QRESYNC: \(command)") }
            guard messages.indices.contains(number - 1) else {
                return report("EXPUNGE \(number) of \(messages.count): \(command)")
            }
            messages.remove(at: number - 1)
        } else if words[1] == "FETCH", let number = Int(words[0]), words.count == 3 {
            readFetch(number, words[2], command)
        }
    }

    /// A response code, tagged or not.
    mutating func read(code line: String) {
        if let value = Self.number(line, "[HIGHESTMODSEQ ") {
            if value < highestModSeq { report("HIGHESTMODSEQ went from \(highestModSeq) to \(value)") }
            highestModSeq = value
        }
        if let value = Self.number(line, "[UIDVALIDITY ") {
            if uidValidity != 0, value != uidValidity { report("UIDVALIDITY was \(uidValidity), is \(value)") }
            uidValidity = value
        }
    }

    private mutating func readVanished(_ words: [String], _ command: String, mayExpunge: Bool) {
        if !mayExpunge { report("VANISHED during \(command)") }
        if kind != .qresync { report("VANISHED without QRESYNC: \(command)") }
        for part in (words.last ?? "").split(separator: ",") {
            let ends = part.split(separator: ":").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last, last < 1_000_000 else {
                report("a set \(part): \(command)")
                continue
            }
            for uid in first...last where !remove(uid) && words[1] != "(EARLIER)" {
                report("VANISHED \(uid), which was never there: \(command)")
            }
        }
    }

    private mutating func remove(_ uid: Int) -> Bool {
        if let index = messages.firstIndex(where: { $0.uid == uid }) {
            messages.remove(at: index)
            return true
        }
        // One of those it only knows to be there, in their place by UID.
        let after = messages.firstIndex { ($0.uid ?? 0) > uid } ?? messages.endIndex
        guard after > 0, messages[after - 1].uid == nil else { return false }
        messages.remove(at: after - 1)
        return true
    }

    private mutating func readFetch(_ number: Int, _ items: String, _ command: String) {
        guard messages.indices.contains(number - 1) else {
            return report("FETCH \(number) of \(messages.count): \(command)")
        }
        var known = messages[number - 1]
        if let uid = Self.number(items, "UID ") {
            if let old = known.uid, old != uid { report("message \(number) was \(old), is \(uid): \(command)") }
            known.uid = uid
            if messages.prefix(number - 1).contains(where: { ($0.uid ?? 0) >= uid }) {
                report("UID \(uid) of message \(number) is not behind those before it: \(command)")
            }
        } else if kind == .qresync {
            report("a FETCH without UID to a client with QRESYNC: \(items): \(command)")
        }
        if let range = items.firstRange(of: "FLAGS (") {
            let flags = items[range.upperBound...].prefix { $0 != ")" }.split(separator: " ").map(String.init)
            known.flags = Set(flags).subtracting(["\\Recent"])
            if kind != .plain, !items.contains("MODSEQ (") {
                report("flags without MODSEQ: \(items): \(command)")
            }
        }
        if let modSeq = Self.number(items, "MODSEQ (") {
            known.modSeq = modSeq
            if let uid = known.uid {
                if modSeq < modSeqs[uid, default: 0] { report("MODSEQ of \(uid) went back: \(command)") }
                modSeqs[uid] = modSeq
            }
        }
        messages[number - 1] = known
    }

    static func number(_ text: String, _ label: String) -> Int? {
        text.firstRange(of: label).flatMap { Int(text[$0.upperBound...].prefix { $0.isNumber }) }
    }
}
