import Glibc
import NIOPosix
import NIOSSL
import SwiftASN1
import Synchronization
import X509

/// The certificates that a chain may end at: smtp_tls_CAfile, smtp_tls_CApath, or those of the system.
package final class TrustAnchors: Sendable {
    /// Where they came from, for messages.
    package let name: String
    private let bySubject: [DistinguishedName: [Certificate]]
    private let certificates: [NIOSSLCertificate]

    package var count: Int { certificates.count }
    var nio: [NIOSSLCertificate] { certificates }

    static let maximumCount = 4096

    init(_ certificates: [NIOSSLCertificate], name: String) {
        self.certificates = Array(certificates.prefix(Self.maximumCount))
        self.name = name
        // One that can't be parsed here can sign nothing; the others still count.
        let parsed = self.certificates.compactMap { $0.parsed }
        bySubject = Dictionary(grouping: parsed, by: \.subject)
    }

    func issuers(of certificate: Certificate) -> [Certificate] { bySubject[certificate.issuer] ?? [] }

    func contains(_ certificate: Certificate) -> Bool { bySubject[certificate.subject]?.contains(certificate) ?? false }

    /// PEM, one certificate after the other.
    package convenience init(pem: [UInt8], name: String) throws(TrustAnchorsError) {
        do {
            self.init(try NIOSSLCertificate.fromPEMBytes(pem), name: name)
        } catch {
            throw TrustAnchorsError(file: name, reason: "no certificates in PEM form (\(error))")
        }
    }

    /// Reads a file of certificates and a folder as `c_rehash` makes one (`5ad8a5d6.0`), whichever are given. Blocks.
    package static func load(file: String?, directory: String?) throws(TrustAnchorsError) -> TrustAnchors {
        var certificates: [NIOSSLCertificate] = []
        if let file { certificates += try read(file) }
        for path in try directory.map(hashedFiles) ?? [] where certificates.count < maximumCount {
            certificates += try read(path)
        }
        let name = [file, directory].compactMap { $0 }.joined(separator: ", ")
        guard !certificates.isEmpty else { throw TrustAnchorsError(file: name, reason: "holds no certificate") }
        return TrustAnchors(certificates, name: name)
    }

    /// Reads several files of certificates. Blocks.
    package static func load(files: [String]) throws(TrustAnchorsError) -> TrustAnchors {
        var certificates: [NIOSSLCertificate] = []
        for file in files { certificates += try read(file) }
        return TrustAnchors(certificates, name: files.joined(separator: ", "))
    }

    private static let systemFiles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]
    private static let cached = Mutex<TrustAnchors?>(nil)

    /// Those of the system, read once. Nil where it has none.
    package static func system() async -> TrustAnchors? {
        if let found = cached.withLock({ $0 }) { return found }
        let found = try? await NIOThreadPool.singleton.runIfActive {
            systemFiles.lazy.compactMap { try? load(file: $0, directory: nil) }.first
        }
        guard let found else { return nil }
        cached.withLock { $0 = found }
        return found
    }

    private static func read(_ path: String) throws(TrustAnchorsError) -> [NIOSSLCertificate] {
        do {
            return try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw TrustAnchorsError(file: path, reason: "no certificate could be read (\(error))")
        }
    }

    /// Eight hexadecimal digits, a dot and a number: other files of such a folder are the same certificates again.
    private static func hashedFiles(_ directory: String) throws(TrustAnchorsError) -> [String] {
        guard let stream = opendir(directory) else {
            throw TrustAnchorsError(file: directory, reason: "can't be read (\(String(cString: strerror(errno))))")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream), names.count < maximumCount {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].utf8.count == 8, parts[0].allSatisfy(\.isHexDigit), !parts[1].isEmpty,
                parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { continue }
            names.append(directory + "/" + name)
        }
        return names.sorted()
    }
}

extension TrustAnchors: Hashable {
    package static func == (left: TrustAnchors, right: TrustAnchors) -> Bool { left === right }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// Trusted certificates that can't be read.
package struct TrustAnchorsError: Error, Hashable, CustomStringConvertible {
    package let file: String
    package let reason: String

    package var description: String {
        "\(file): \(reason); give a file of certificates in PEM form, or a folder that c_rehash prepared"
    }
}

extension NIOSSLCertificate {
    fileprivate var parsed: Certificate? { (try? toDERBytes()).flatMap { try? Certificate(derEncoded: $0) } }
}
