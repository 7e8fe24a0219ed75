import PostroomTesting
import Testing

@testable import Dialects

@Suite struct OpenSSLCipherListTests {
    @Test(arguments: [
        "HIGH:!aNULL:!MD5", "ECDHE+AESGCM:ECDHE+CHACHA20:!aECDSA", "EECDH+AESGCM:EDH+AESGCM", "AES128:AES256:@STRENGTH",
        "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-SHA", "ALL:!kRSA:!SHA1:+AES128", "RSA:-AES128:AES128",
        "ALL:!LOW:!SSLv2:!EXP:!aNULL", "kEECDH:kRSA:!TLSv1.2", "AESGCM:AES:!SHA256:!SHA384", "ALL:@STRENGTH",
    ])
    func `lists come to the suites that OpenSSL picks`(list: String) async throws {
        let folder = try TemporaryFolder()
        let output = try await ChildProcess.run(
            ["/usr/bin/openssl", "ciphers", "-stdname", "-v", list], in: folder)
        let known = Set(OpenSSLCipherList.suites("ALL") ?? [])
        let expected = output.split(separator: "\n").map { String($0.prefix { $0 != " " }) }.filter {
            known.contains($0)
        }
        let suites = OpenSSLCipherList.suites(list) ?? []
        #expect(Set(suites) == Set(expected))
        #expect(!suites.isEmpty)
    }

    @Test(arguments: ["", ":", "SECURE256:!AES-128-CBC", "NULL", "!ALL", "+HIGH"])
    func `a list that leaves nothing is none`(list: String) {
        #expect(OpenSSLCipherList.suites(list) == nil)
    }
}
