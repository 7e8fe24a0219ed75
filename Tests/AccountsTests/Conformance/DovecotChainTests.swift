import Accounts
import Directory
import PostroomTesting
import Testing

/// Chains with every rule that Dovecot knows, answered by a running Dovecot and here.
struct DovecotChainTests {
    @Test func `password databases lead to one another by their rules as Dovecot's do`() async throws {
        var generator = SeededGenerator(seed: 11)
        let chains = (0..<96).map { number in
            GeneratedChain(
                number: number, domain: "c\(number)", masterDomain: "m\(number)", using: &generator)
        }
        var logins: [String] = ["ooo@nowhere", "ooo"]
        for number in chains.indices {
            for _ in 0..<60 {
                let local = GeneratedChain.localPart(using: &generator)
                let isMasters = number.isMultiple(of: 2) && Int.random(in: 0..<3, using: &generator) == 0
                logins.append(
                    "\(local)@c\(number)"
                        + (isMasters ? "*\(GeneratedChain.localPart(using: &generator))@m\(number)" : ""))
            }
        }
        let theirs = try await DovecotAuth.withServer { folder in
            try GeneratedChain.write(to: folder)
            return """
                auth_master_user_separator = *
                \(chains.map { $0.dovecotSettings(in: folder) }.joined(separator: "\n"))
                userdb {
                  driver = static
                  args = allow_all_users=yes uid=5000 gid=5000 home=/h/%u
                }
                """
        } _: { dovecot in
            try await dovecot.logins(logins.map { (Array($0.utf8), Array("pw".utf8)) })
        }
        let accounts = DirectoryAccounts(
            AccountsOptions(
                loginNames: LoginNameRules(characters: LoginNameRules.dovecotCharacters),
                passwordDatabases: try chains.flatMap { try $0.passwordDatabases() },
                userDatabases: [], masterUserSeparator: UInt8(ascii: "*")))
        var differences: [String] = []
        for (login, theirs) in zip(logins, theirs) {
            let ours = await DovecotComparison.answer(accounts, login, "pw")
            if ours != DovecotComparison.verdict(theirs) {
                let number = login.split(separator: "@c").last.flatMap { Int($0.prefix { $0.isNumber }) }
                let chain = number.map { chains[$0].description } ?? ""
                differences.append("\(login): ours \(ours), Dovecot's \(theirs)\n\(chain)")
            }
        }
        #expect(
            differences.isEmpty,
            "\(differences.count) of \(logins.count):\n\(differences.prefix(20).joined(separator: "\n"))")
    }

    @Test func `user databases lead to one another by their rules as Dovecot's do`() async throws {
        var generator = SeededGenerator(seed: 12)
        let chains = (0..<18).map { GeneratedUserChain(number: $0, using: &generator) }
        let logins = GeneratedUserChain.logins(using: &generator)
        var differences: [String] = []
        // Two at once: a Dovecot's start is mostly waiting.
        for pair in stride(from: 0, to: chains.count, by: 3) {
            differences += try await withThrowingTaskGroup(of: [String].self) { group in
                for chain in chains[pair..<min(pair + 3, chains.count)] {
                    group.addTask { try await Self.differences(chain, logins) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
        #expect(differences.isEmpty, "\(differences.count):\n\(differences.prefix(20).joined(separator: "\n"))")
    }

    private static func differences(_ chain: GeneratedUserChain, _ logins: [String]) async throws -> [String] {
        let theirs = try await DovecotAuth.withServer { folder in
            try GeneratedChain.write(to: folder)
            try GeneratedUserChain.write(to: folder)
            return chain.dovecotSettings(in: folder)
        } _: { dovecot in
            try await dovecot.users(logins.map { Array($0.utf8) })
        }
        let accounts = DirectoryAccounts(
            AccountsOptions(
                loginNames: LoginNameRules(characters: LoginNameRules.dovecotCharacters),
                passwordDatabases: try chain.passwords.passwordDatabases(), userDatabases: try chain.userDatabases()))
        var differences: [String] = []
        for (login, theirs) in zip(logins, theirs) {
            let ours = await DovecotComparison.user(accounts, login)
            if ours != theirs {
                differences.append(
                    "\(login): ours \(ours), Dovecot's \(theirs); \(chain)"
                )
            }
        }
        return differences
    }
}
