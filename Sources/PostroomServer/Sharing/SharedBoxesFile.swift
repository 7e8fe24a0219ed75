import Accounts
import Directory
import MailModel
import Synchronization

/// Who lets whom see mailboxes, in Dovecot's form (`acl_shared_dict = file:PATH`): a line
/// `shared/shared-boxes/user/READER/OWNER`, a line with its value. One file of a site: nobody walks all accounts at LIST.
final class SharedBoxesFile: Sendable {
    static let maximumSize = 16 << 20
    private static let prefix = "shared/shared-boxes/"

    private struct Kept {
        var stamp: ConfigurationFile.Stamp?
        /// Reader (`user/jane`, `group/sales`, `anyone`) → owners.
        var owners: [String: [String]] = [:]
    }

    let path: String
    private let kept = Mutex(Kept())

    init(path: String) {
        self.path = path
    }

    /// Who may look up anything in these mailboxes of `owner`, as the file's keys have them.
    static func readers(of lists: [AccessControlList], owner: String) -> Set<String> {
        var readers: Set<String> = []
        for entry in lists.flatMap(\.entries) where entry.rights?.contains(.lookup) ?? false {
            switch entry.identifier {
            case .anyone, .authenticated: readers.insert("anyone")
            case .user(let name) where name != owner && isPossible(name): readers.insert("user/\(name)")
            case .group(let name), .groupOverride(let name):
                if isPossible(name) { readers.insert("group/\(name)") }
            case .user, .owner: break
            }
        }
        return readers
    }

    /// In a line of the file, before a `/`.
    private static func isPossible(_ name: String) -> Bool {
        !name.isEmpty && !name.utf8.contains { $0 < 0x20 || $0 == UInt8(ascii: "/") }
    }

    func owners(for login: String, groups: Set<String>) async throws(MailboxFailure) -> [String] {
        let answer = await Hashing.blocking { self.load() }
        guard let byReader = answer else { throw MailboxFailure(.unavailable, "\(path): too much is being read") }
        let readers = ["anyone", "user/\(login)"] + groups.sorted().map { "group/\($0)" }
        var owners: [String] = []
        for owner in readers.flatMap({ byReader[$0] ?? [] }) where owner != login && !owners.contains(owner) {
            owners.append(owner)
        }
        return owners
    }

    private func load() -> [String: [String]] {
        let stamp = ConfigurationFile.stamp(path)
        if let known = kept.withLock({ stamp != nil && $0.stamp == stamp ? $0.owners : nil }) { return known }
        guard let contents = ConfigurationFile.read(path), contents.count <= Self.maximumSize else { return [:] }
        let owners = Self.parse(contents)
        kept.withLock { $0 = Kept(stamp: stamp, owners: owners) }
        return owners
    }

    static func parse(_ contents: [UInt8]) -> [String: [String]] {
        var owners: [String: [String]] = [:]
        let lines = contents.split(separator: 0x0A, omittingEmptySubsequences: false)
        for index in stride(from: 0, to: lines.count - 1, by: 2) {
            guard let key = String(validating: lines[index], as: UTF8.self), key.hasPrefix(prefix) else { continue }
            let rest = key.dropFirst(prefix.count)
            guard let slash = rest.lastIndex(of: "/") else { continue }
            let owner = String(rest[rest.index(after: slash)...])
            if isPossible(owner) { owners[String(rest[..<slash]), default: []].append(owner) }
        }
        return owners
    }

    static func bytes(_ owners: [String: [String]]) -> [UInt8] {
        var output = ""
        for (reader, owners) in owners.sorted(by: { $0.key < $1.key }) {
            for owner in owners.sorted() { output += "\(prefix)\(reader)/\(owner)\n1\n" }
        }
        return Array(output.utf8)
    }

    /// These readers, and no others, are let see mailboxes of `owner`.
    func set(_ readers: Set<String>, of owner: String) async throws(MailboxFailure) {
        guard Self.isPossible(owner) else { return }
        let failure = await Hashing.blocking { () -> MailboxFailure? in self.replace(readers, of: owner) }
        switch failure {
        case nil: throw MailboxFailure(.unavailable, "\(path): too much is being written")
        case .some(let failure?): throw failure
        case .some(nil): return
        }
    }

    private func replace(_ readers: Set<String>, of owner: String) -> MailboxFailure? {
        do throws(FileReplacement.Failure) {
            let file = try FileReplacement(path)
            var owners = Self.parse(try file.contents() ?? [])
            for reader in owners.keys { owners[reader]?.removeAll { $0 == owner } }
            for reader in readers { owners[reader, default: []].append(owner) }
            let contents = Self.bytes(owners.filter { !$0.value.isEmpty })
            guard contents.count <= Self.maximumSize else {
                return MailboxFailure(.limitExceeded, "\(path) would be bigger than \(Self.maximumSize) bytes")
            }
            try file.replace(with: contents)
            kept.withLock { $0.stamp = nil }
            return nil
        } catch {
            return MailboxFailure(.unavailable, "\(path): \(error.description)")
        }
    }
}

/// Other users' mailboxes by what they let a login see.
struct SharedBoxes: SharedMailboxDirectory {
    let file: SharedBoxesFile
    let accounts: DirectoryAccounts
    let otherDirectories: [any SharedMailboxDirectory]

    /// Asked of the directory at one LIST.
    static let maximumOwners = 1000

    func sharedMailboxes(for login: String) async throws(MailboxFailure) -> [SharedMailbox] {
        var groups: Set<String> = []
        for directory in otherDirectories { groups.formUnion(try await directory.groups(of: login)) }
        var mailboxes: [SharedMailbox] = []
        for owner in try await file.owners(for: login, groups: groups).prefix(Self.maximumOwners) {
            switch await accounts.account(for: Array(owner.utf8), service: "imap").outcome {
            case .absent: continue
            case .unavailable(let reason): throw MailboxFailure(.unavailable, reason.text)
            case .found(let account):
                guard case .here(let location) = account.location, account.login != login else { continue }
                mailboxes.append(
                    SharedMailbox(
                        namespace: .otherUsers, path: [Array(account.login.utf8)], location: location,
                        owner: account.owner, account: account.login, quota: account.quota))
            }
        }
        return mailboxes
    }

    func groups(of login: String) async throws(MailboxFailure) -> [String] { [] }
}
