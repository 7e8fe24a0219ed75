import PostroomTesting
import Testing

@Suite struct SlapdFixtureTests {
    static let directories: [SampleDirectory] = [
        .vennedey, .dmsLDAP, .dmsForwardOnly, .pragyan, .vriesman, .activeDirectory,
    ]

    @Test(arguments: directories)
    func `a sample directory is loaded and its service account can bind`(directory: SampleDirectory) async throws {
        try await Slapd.withServer(directory) { slapd in
            let answer = try await ChildProcess.run(
                [
                    "/usr/bin/ldapsearch", "-x", "-LLL", "-H", slapd.url, "-D", slapd.bindDN, "-w", slapd.bindPassword,
                    "-b", directory.suffix, "-s", "base", "1.1",
                ], in: slapd.folder)
            #expect(answer.contains("dn: \(directory.suffix)"))
        }
    }
}
