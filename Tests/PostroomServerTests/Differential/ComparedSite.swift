import Dialects
import Directory
import Foundation
import LookupTables
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// One folder with a main.cf and its tables, read by the installed Postfix and by Postroom: the very same files.
struct ComparedSite {
    let postfix: RunningPostmap
    let site: Site
    /// What the import and the opening of the site found wrong.
    let faults: [ConfigurationFault]

    /// - Parameters:
    ///   - tables: as main.cf names them; in all of them `%FOLDER%` stands for the folder.
    ///   - settings: further lines of main.cf.
    ///   - files: name → text.
    ///   - compiled: tables that `postmap` makes of their text first.
    static func open(
        tables: [String], settings: String = "", files: [String: String], compiled: [String] = []
    ) async throws -> ComparedSite {
        let postfix = try RunningPostmap()
        let folder = postfix.folder
        let mail = try folder.makeFolder("mail")
        func placed(_ text: String) -> String { text.replacing("%FOLDER%", with: folder.path) }
        for (name, text) in files { try folder.write(placed(text), to: name) }
        let lines = [
            "compatibility_level = 3.6", "myhostname = mail.example.org", "mydestination = localhost",
            "virtual_mailbox_domains = example.org", "virtual_mailbox_base = \(mail)", "virtual_alias_domains =",
            "virtual_mailbox_maps = static:x/", "virtual_uid_maps = static:5000", "virtual_gid_maps = static:5000",
            "alias_maps =", "virtual_alias_maps =",
        ]
        try folder.write(
            (lines + tables.map { "    \(placed($0))" } + [placed(settings)]).joined(separator: "\n") + "\n",
            to: "main.cf")
        for table in compiled {
            try await ChildProcess.run(["/usr/sbin/postmap", "-c", folder.path, placed(table)], in: folder)
        }
        let request = ImportRequest(origins: [ConfigurationOrigin(.postfix, path: folder.path)])
        let imported = SiteLoader.imported(request, environment: [:])
        var model = imported.model
        if model.store.roots.isEmpty { model.store.roots = [Located(mail, at: .builtIn)] }
        do {
            let site = try await Site.open(model)
            return ComparedSite(postfix: postfix, site: site, faults: imported.faults)
        } catch {
            throw ComparisonFailure(
                description: (imported.faults + error.faults).map(\.description).joined(separator: "\n"))
        }
    }

    /// The answer of `postroom lookup`.
    private func answer(_ table: any LookupTable, _ key: [UInt8]) async -> RunningPostmap.Answer {
        switch await table.lookup(table.isPattern ? key : LookupKey.folded(key)).outcome {
        case .found(let value): .found(value)
        case .absent: .notFound
        case .unavailable: .temporaryFailure
        }
    }

    /// Asks both for every key and tells of every difference.
    ///
    /// - Parameter comment: shown beside a difference: what the table is.
    /// - Returns: how many keys both were asked for.
    @discardableResult
    func compare(
        _ name: String, keys: [[UInt8]], maximumFailures: Int = 5, comment: String = "",
        sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws -> Int {
        // A table that can't be meant stands in the model as one that always fails, under a name that says why.
        let substitute = site.tableNames.first { $0.hasPrefix("fail:\(name):") }
        guard let table = await site.table(named: substitute ?? name) else {
            Issue.record("\(name) is not among \(site.tableNames)", sourceLocation: sourceLocation)
            return 0
        }
        var ours: [RunningPostmap.Answer] = []
        for key in keys { ours.append(await answer(table, key)) }
        let mayFail = Set(ours.indices.filter { ours[$0] == .temporaryFailure })
        let theirs = try await postfix.answers(name, keys: keys, mayFail: mayFail, maximumFailures: maximumFailures)
        var compared = 0
        for (index, their) in theirs.enumerated() {
            guard let their else { continue }
            compared += 1
            guard ours[index] != their else { continue }
            Issue.record(
                """
                \(name), key \(String(reflecting: String(decoding: keys[index], as: UTF8.self).prefix(120))): Postfix \
                \(their), Postroom \(ours[index])
                \(comment)
                """, sourceLocation: sourceLocation)
        }
        return compared
    }
}
