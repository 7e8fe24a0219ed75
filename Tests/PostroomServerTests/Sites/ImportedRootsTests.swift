import Dialects
import Directory
import Foundation
import MailModel
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// What other programs leave open: below which folders mail lies.
@Suite struct `The roots of an imported site` {
    @Test func `are found in the directory, told with file and line, and written into the yaml`() async throws {
        try await Slapd.withServer(.vennedey, tls: true) { slapd in
            let folder = try TemporaryFolder("roots")
            let request = try await ImportedTestSite.prepare(.vennedey, slapd, in: folder)
            let imported = await SiteLoader.importedWhole(request, environment: [:])
            #expect(imported.model.store.roots.map(\.value) == ["/home/mail"], "\(imported.faults)")
            let warning = imported.faults.first { $0.description.contains("below which folders mail lies") }
            #expect(warning?.severity == .warning && warning?.location.line != nil, "\(imported.faults)")
            #expect(imported.model.yaml.contains("/home/mail"))
        }
    }

    @Test func `that can't be asked are an error that says --root`() async throws {
        try await Slapd.withServer(.vennedey, tls: true) { slapd in
            let folder = try TemporaryFolder("roots")
            var request = try await ImportedTestSite.prepare(.vennedey, slapd, in: folder)
            // Without the memory of another start.
            request.origins = request.origins.map { origin in
                var origin = origin
                origin.path += "/."
                return origin
            }
            await slapd.kill()
            let imported = await SiteLoader.importedWhole(request, environment: [:])
            #expect(
                imported.faults.contains { $0.severity == .error && $0.description.contains("--root") },
                "\(imported.faults)")
            request.roots = [Located("/home/mail", at: Directory.SourceLocation(file: "--root"))]
            let named = await SiteLoader.importedWhole(request, environment: [:])
            #expect(!named.faults.contains { $0.severity == .error }, "\(named.faults)")
        }
    }
}

@Suite struct `An imported site in an outage` {
    @Test func `answers for the addresses it knows, and for others later`() async throws {
        try await ImportedTestSite.serving(.vennedey) { site in
            let known = try await site.rcptReply(from: "a@outside.example", to: "team@example.com")
            #expect(known.contains("250 2.1.5"), "\(known)")
            await site.slapd.kill()
            let stale = try await site.rcptReply(from: "a@outside.example", to: "team@example.com")
            #expect(stale.contains("250 2.1.5"), "\(stale)")
            let unknown = try await site.rcptReply(from: "a@outside.example", to: "mail006@mx0.example.com")
            #expect(unknown.contains("451 4.3.0"), "\(unknown)")
            try await site.slapd.start()
            #expect(await site.server.reload())
            try await eventually("mail is taken again") {
                try await site.rcptReply(from: "a@outside.example", to: "mail006@mx0.example.com").contains("250 2.1.5")
            }
        }
    }
}

@Suite struct `A site imported and written as postroom.yaml` {
    @Test(arguments: ImportedTestSite.Layout.all)
    func `is the same site when that is read`(layout: ImportedTestSite.Layout) async throws {
        try await Slapd.withServer(layout.directory, tls: layout.usesTLS) { slapd in
            let folder = try TemporaryFolder("written")
            let request = try await ImportedTestSite.prepare(layout, slapd, in: folder)
            let imported = try await SiteLoader.loadWhole(.programs(request), environment: [:])
            var secrets: [String: String] = [:]
            let yaml = imported.model.yaml(
                secrets: { name, secret in
                    let file = folder.path("\(name).password")
                    secrets[file] = String(decoding: secret.bytes, as: UTF8.self)
                    return .file(file)
                }, isCommented: true)
            for (file, secret) in secrets { try secret.write(toFile: file, atomically: true, encoding: .utf8) }
            let file = try folder.write(yaml, to: "postroom.yaml")
            let read = try SiteLoader.load(file, environment: [:])
            func text(_ model: SiteModel) -> String {
                // A secret is named by the file that it was read from.
                model.yaml(secrets: { name, _ in .file(folder.path("\(name).password")) }, isCommented: false)
            }
            #expect(text(read.model) == text(imported.model))

            let original = try await Site.open(imported.model)
            let written = try await Site.open(read.model)
            for name in original.tableNames {
                let key = "john.doe@example.com"
                guard let one = await original.table(named: name) else { continue }
                let same = await written.table(named: name)
                let other = try #require(same, "\(name) in \(written.tableNames)")
                let left = await original.lookUp(key, in: one, folding: true).outcome
                let right = await written.lookUp(key, in: other, folding: true).outcome
                #expect("\(left)" == "\(right)", "\(name)")
            }
            await original.close()
            await written.close()
        }
    }
}
