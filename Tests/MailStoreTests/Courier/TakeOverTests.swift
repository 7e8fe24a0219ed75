import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

/// An account moves to us from Dovecot or Courier, is worked on at random, and moves back: clients notice nothing.
struct TakeOverTests {
    /// Who had the account before, and has it again afterwards.
    struct Move: Sendable, CustomTestStringConvertible {
        enum Server: String, CaseIterable { case dovecot, courier }

        var server: Server
        var seed: UInt64
        var location = ""

        var testDescription: String { "\(server) \(seed) \(location)" }

        static let all: [Move] = {
            var moves = [
                Move(server: .dovecot, seed: 0), Move(server: .dovecot, seed: 1),
                Move(server: .dovecot, seed: 2, location: ":LAYOUT=fs"),
                Move(server: .dovecot, seed: 3, location: ":UTF-8"),
            ]
            for seed in 4..<8 as Range<UInt64> { moves.append(Move(server: .courier, seed: seed, location: ":UTF-8")) }
            return moves
        }()
    }

    private final class Account: Sendable {
        let maildirs: TestMaildirs
        let location: MailboxLocation
        let move: Move
        let dovecot: Dovecot
        let courier: Courier

        init(_ move: Move) throws {
            self.move = move
            maildirs = try TestMaildirs()
            for name in ["", "/cur", "/new", "/tmp"] { try maildirs.root.directory("mail/anna\(name)", uid: 20_001) }
            var location = try maildirs.mailbox("anna").location
            if move.location == ":LAYOUT=fs" { location.layout = .fileSystem }
            location.usesUTF8 = move.location == ":UTF-8"
            self.location = location
            courier = try Courier(maildirs.root, maildir: "anna", uid: 20_001)
            dovecot = try Dovecot(
                maildirs.root, location: "maildir:\(maildirs.root["mail/anna"])\(move.location)",
                home: maildirs.root["mail/anna"], uid: 20_001)
        }

        /// As after a restart, which forgets all but the files.
        func fresh() throws -> MaildirStores { try maildirs.otherStores() }

        func store(_ stores: MaildirStores) throws -> MaildirStore {
            try stores.store(for: location, owner: maildirs.owner)
        }

        /// What its clients were told by the other server.
        func theirs(_ names: some Sequence<String>) async throws -> KnownAccount {
            switch move.server {
            case .dovecot: try await dovecot.known(names, separator: location.layout == .fileSystem ? "/" : ".")
            case .courier: try await courier.known(names)
            }
        }

        func appendTheirs(_ subject: String, _ name: String = "INBOX") async throws {
            switch move.server {
            case .dovecot:
                let theirs = location.layout == .fileSystem ? name : name.replacing("/", with: ".")
                try await dovecot("save", "-m", theirs, input: "Subject: \(subject)\n\n")
            case .courier:
                try await courier.append("Subject: \(subject)\r\n\r\n", to: Courier.name(name), flags: "\\Seen k1")
            }
        }

        func begin() async throws {
            for number in 0..<4 { try await appendTheirs("theirs \(number)") }
            switch move.server {
            case .dovecot:
                try await dovecot("mailbox", "create", "-s", "A")
                try await dovecot("mailbox", "create", "-s", "Entwürfe")
                try await dovecot("flags", "add", "\\Flagged k1 Theirs", "mailbox", "INBOX", "uid", "2")
                try await dovecot("expunge", "mailbox", "INBOX", "uid", "3")
            case .courier:
                try await courier(
                    "CREATE INBOX.A", "SUBSCRIBE INBOX.A", "CREATE INBOX.Entw&APw-rfe", "SUBSCRIBE INBOX.Entw&APw-rfe",
                    "SELECT INBOX", "UID STORE 2 +FLAGS (\\Flagged Theirs)", "UID STORE 3 +FLAGS (\\Deleted)", "EXPUNGE"
                )
            }
            for name in ["A", "Entwürfe"] { try await appendTheirs("in \(name)", name) }
        }
    }

    private static let names = ["INBOX", "A", "A/B", "C d", "Entwürfe", "New"]

    /// One step of a client, or of a delivery.
    private static func step(
        _ account: Account, _ stores: MaildirStores, _ random: inout SeededGenerator
    ) async throws {
        let store = try account.store(stores)
        let there = Set(try await store.list().filter(\.isSelectable).map(\.name.description))
        func some() -> String { there.sorted().randomElement(using: &random) ?? "INBOX" }
        let (here, target) = (some(), some())
        let keyword = ["k1", "k2", "$Forwarded", "Ours"].randomElement(using: &random) ?? "k1"
        let kind = Int.random(in: 0..<13, using: &random)
        switch kind {
        case 0:
            try await store.append("Subject: ours\r\n\r\n", to: here, flags: [.seen, .draft], keywords: [keyword])
        case 1:
            let recipient = MaildirRecipient(
                mailbox: LocalMailbox(
                    address: try #require(EmailAddress("anna@example.org")), location: account.location,
                    owner: account.maildirs.owner))
            let outcomes = await MaildirDelivery(stores).deliver(
                ByteBuffer(string: "Subject: delivered\r\n\r\n"), to: [recipient])
            #expect(outcomes[0].isDelivered)
        case 8:
            guard let name = names.filter({ !there.contains($0) }).randomElement(using: &random) else { return }
            try await store.create(try mailboxName(name), specialUse: nil)
        case 9:
            guard let name = there.subtracting(["INBOX"]).sorted().randomElement(using: &random),
                let new = names.filter({ other in !there.contains { $0 == other || $0.hasPrefix(other + "/") } })
                    .randomElement(using: &random), !new.hasPrefix(name + "/")
            else { return }
            for moved in there where moved == name || moved.hasPrefix(name + "/") {
                try await store.unsubscribe(try mailboxName(moved))
            }
            try await store.rename(try mailboxName(name), to: try mailboxName(new))
        case 10 where there.count > 3:
            guard let name = there.subtracting(["INBOX"]).sorted().randomElement(using: &random) else { return }
            try await store.unsubscribe(try mailboxName(name))
            try await store.delete(try mailboxName(name))
        case 11: try await store.subscribe(try mailboxName(here))
        case 12: try await store.unsubscribe(try mailboxName(here))
        default:
            let open = try await store.open(here)
            let view = try await open.refresh()
            let uids = view.uids.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
            switch kind {
            case 2: _ = try await open.store(uids, FlagChange(.add, flags: .flagged, keywords: [keyword]))
            case 3: _ = try await open.store(uids, FlagChange(.remove, flags: .seen, keywords: [keyword]))
            case 4: _ = try await open.store(uids, FlagChange(.replace, flags: .answered, keywords: [keyword]))
            case 5:
                _ = try await open.store(Array(uids.prefix(2)), FlagChange(.add, flags: .deleted))
                _ = try await open.expunge(nil)
            case 6 where here != target: _ = try await open.copy(uids, to: try mailboxName(target))
            case 7 where here != target: _ = try await open.move(uids, to: try mailboxName(target))
            default: _ = try await open.claimRecent()
            }
        }
    }

    @Test(arguments: Move.all)
    func `an account that comes, is worked on and goes back is the same to its clients`(move: Move) async throws {
        let account = try Account(move)
        var random = SeededGenerator(seed: move.seed &+ 500)
        try await account.begin()
        for _ in 0..<2 {
            // What was told by them is what we tell.
            let names = try await account.store(account.fresh()).list().filter(\.isSelectable).map(\.name.description)
            #expect(Set(names).isSuperset(of: ["INBOX"]))
            let before = try await account.theirs(names)
            #expect(try await account.store(account.fresh()).known() == before)
            var stores = try account.fresh()
            for _ in 0..<40 {
                try await Self.step(account, stores, &random)
                if Int.random(in: 0..<8, using: &random) == 0 { stores = try account.fresh() }
            }
            // And the other way round.
            let ours = try await account.store(stores).known()
            #expect(try await account.theirs(ours.mailboxes.keys) == ours)
            // UIDs go on where they were, without one that anybody knew.
            for name in ours.mailboxes.keys {
                let next = try await account.store(stores).status(try mailboxName(name)).uidNext
                try await account.appendTheirs("again", name)
                let uids = try await account.theirs([name]).mailboxes[name]?.messages.keys.max()
                #expect(uids == next, "\(name)")
            }
        }
    }
}
