import Foundation

/// A certificate authority made for one test, with a server certificate for `localhost` and 127.0.0.1, a client
/// certificate, and a second authority that signed nothing. All PEM files.
package struct TestCertificates: Sendable {
    package let authority: String
    package let strangerAuthority: String
    package let serverCertificate: String
    package let serverKey: String
    package let clientCertificate: String
    package let clientKey: String

    package static let loopbackNames = "DNS:localhost,IP:127.0.0.1"

    package static func make(
        in folder: TemporaryFolder, subjectAlternativeNames: String = loopbackNames
    ) async throws -> TestCertificates {
        async let stranger = makeAuthority("stranger", in: folder)
        let authority = try await makeAuthority("authority", in: folder)
        async let server = sign(
            "server", subject: "/CN=localhost", extensions: "subjectAltName=\(subjectAlternativeNames)",
            by: authority, in: folder)
        async let client = sign(
            "client", subject: "/CN=postroom", extensions: "extendedKeyUsage=clientAuth", by: authority, in: folder)
        return try await TestCertificates(
            authority: authority, strangerAuthority: stranger, serverCertificate: server,
            serverKey: folder.path("server.key"), clientCertificate: client, clientKey: folder.path("client.key"))
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    private static func makeAuthority(_ name: String, in folder: TemporaryFolder) async throws -> String {
        let certificate = folder.path("\(name).pem")
        try await ChildProcess.run(
            ["/usr/bin/openssl", "req", "-x509"] + newKey + [
                "-keyout", folder.path("\(name).key"), "-out", certificate, "-days", "3650", "-subj",
                "/CN=Postroom test \(name)", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            ], in: folder)
        return certificate
    }

    private static func sign(
        _ name: String, subject: String, extensions: String, by authority: String, in folder: TemporaryFolder
    ) async throws -> String {
        let request = folder.path("\(name).csr")
        let certificate = folder.path("\(name).pem")
        try await ChildProcess.run(
            ["/usr/bin/openssl", "req"] + newKey + [
                "-keyout", folder.path("\(name).key"), "-out", request, "-subj", subject,
            ], in: folder)
        let file = try folder.write(extensions + "\n", to: "\(name).extensions")
        try await ChildProcess.run(
            [
                "/usr/bin/openssl", "x509", "-req", "-in", request, "-CA", authority, "-CAkey",
                folder.path("authority.key"), "-set_serial", String(Int.random(in: 1...Int(Int32.max))), "-days",
                "3650", "-extfile", file, "-out", certificate,
            ], in: folder)
        return certificate
    }
}
