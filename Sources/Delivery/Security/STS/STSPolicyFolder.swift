package import Blocking
import DNS
import Glibc

/// A folder with one small file per domain, so that an attacker who stands between when the service starts finds the
/// policies already known (RFC 8461 §5.1).
package struct STSPolicyFolder: Sendable {
    private let directory: DirectoryHandle
    private let pool: BlockingPool

    /// Nobody else writes there.
    package init(_ directory: DirectoryHandle, pool: BlockingPool) {
        self.directory = directory
        self.pool = pool
    }

    /// Reads what is there, up to `limit` policies; files that are none are left alone.
    func load(limit: Int) async throws -> [DNSName: StoredSTSPolicy] {
        try await pool.run { [directory] in
            var policies: [DNSName: StoredSTSPolicy] = [:]
            for entry in try directory.entries(limit: 4 * limit + 16) where policies.count < limit {
                guard let name = Self.domain(entry.name), entry.kind == nil || entry.kind == .regular,
                    let contents = try? directory.file(entry.name).readAll(limit: STSPolicy.maximumLength + 256),
                    let policy = StoredSTSPolicy(contents: contents)
                else { continue }
                policies[name] = policy
            }
            return policies
        }
    }

    func save(_ policy: StoredSTSPolicy, of domain: DNSName) async throws {
        try await pool.run { [directory] in
            try DurableFile.replace(
                domain.bytes, in: directory, temporaryName: Array("~new".utf8) + domain.bytes.prefix(200),
                contents: policy.contents)
        }
    }

    func remove(_ domain: DNSName) async throws {
        try await pool.run { [directory] in _ = try directory.removeIfPresent(domain.bytes) }
    }

    /// A name of a file is a name of a domain, and nothing else is (`~` stands in none).
    private static func domain(_ name: [UInt8]) -> DNSName? {
        guard let domain = DNSName(name), domain.bytes == name else { return nil }
        return domain
    }
}
