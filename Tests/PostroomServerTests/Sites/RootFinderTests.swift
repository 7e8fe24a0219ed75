import Dialects
import Directory
import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// A start during an outage, for a site whose configuration does not say below which folders mail lies: the roots of the
/// last start hold.
@Suite struct RootFinderTests {
    private static let source = SiteSource.programs(
        ImportRequest(origins: [ConfigurationOrigin(.postfix, path: "/etc/postfix")]))

    /// The model of a site without roots, whose memory lies in the test's folder.
    private static func model(_ slapd: Slapd, _ folder: TemporaryFolder) async throws -> SiteModel {
        let request = try await ImportedTestSite.prepare(.vennedey, slapd, in: folder)
        var model = SiteLoader.imported(request, environment: [:]).model
        model.store.roots = []
        model.tls.selfSignedDirectory = Located(folder.path("state/tls"), at: .builtIn)
        return model
    }

    @Test
    func
        `given a directory that answered once, when it is down at the next start, then its roots hold and that is said`()
        async throws
    {
        try await Slapd.withServer(.vennedey, tls: true) { slapd in
            let folder = try TemporaryFolder("outage")
            let model = try await Self.model(slapd, folder)
            let (found, told) = await RootFinder.complete(model, of: Self.source)
            #expect(found.store.roots.map(\.value) == ["/home/mail"], "\(told)")
            await slapd.kill()
            let (kept, faults) = await RootFinder.complete(model, of: Self.source)
            #expect(kept.store.roots.map(\.value) == ["/home/mail"])
            #expect(!faults.contains { $0.severity == .error }, "\(faults)")
            #expect(faults.contains { $0.description.contains("before it was /home/mail") }, "\(faults)")
            #expect(faults.contains { $0.description.contains("--root") }, "\(faults)")
            // Which server did not answer is told beside it.
            #expect(faults.count > 1, "\(faults)")
        }
    }

    @Test func `given roots that another configuration had, when the directory is down, then the start is refused`()
        async throws
    {
        try await Slapd.withServer(.vennedey, tls: true) { slapd in
            let folder = try TemporaryFolder("outage")
            let model = try await Self.model(slapd, folder)
            _ = await RootFinder.complete(model, of: Self.source)
            await slapd.kill()
            let other = SiteSource.programs(ImportRequest(origins: [ConfigurationOrigin(.postfix, path: "/other")]))
            let (refused, faults) = await RootFinder.complete(model, of: other)
            #expect(refused.store.roots.isEmpty)
            #expect(faults.contains { $0.severity == .error && $0.description.contains("--root") }, "\(faults)")
        }
    }

    @Test(arguments: [
        "", "postfix:/etc/postfix\n", "postfix:/etc/postfix\nhome/mail\n", "postfix:/etc/postfix\n/home\n\u{0}\n",
    ])
    func `given a memory that is damaged, when the directory is down, then the start is refused`(text: String)
        async throws
    {
        try await Slapd.withServer(.vennedey, tls: true) { slapd in
            let folder = try TemporaryFolder("outage")
            let model = try await Self.model(slapd, folder)
            try folder.makeFolder("state")
            try folder.write(text, to: "state/proposed-roots")
            await slapd.kill()
            let (refused, faults) = await RootFinder.complete(model, of: Self.source)
            #expect(refused.store.roots.isEmpty)
            #expect(faults.contains { $0.severity == .error }, "\(faults)")
        }
    }
}
