import Dialects
import Directory
import PostroomTesting
import SiteConfiguration
import Testing

/// Each line of each file of each document's site, damaged in several ways: a fault that says where and what to do, or a
/// site that starts. What it then means is the matter of `DamagedMeaningTests` and of `StrangersMailTests`.
@Suite struct SiteDamageTests {
    struct Damaged {
        var site: SiteFolder
        var files: [String: [UInt8]]
        var comment: String
        var path: String
        var line: Int

        func read() -> ImportedSite { site.read(files, accepting: accepted) }
        fileprivate var accepted: [String]
    }

    /// Makes every damaged copy of a site.
    static func each(_ site: SiteFolder, _ damage: LineDamage, _ body: (Damaged) throws -> Void) rethrows {
        let accepted = site.accepted
        for (path, contents) in site.files.sorted(by: { $0.key < $1.key }) {
            let lines = SiteFolder.lines(contents)
            for index in lines.indices {
                var changed = lines
                changed.replaceSubrange(
                    index...index,
                    with: damage.applied(to: lines[index], of: path, seed: index &* 31 &+ path.utf8.count))
                var files = site.files
                files[path] = Array((changed + [[]]).joined(separator: [UInt8(ascii: "\n")]))
                guard files[path] != contents else { continue }
                try body(
                    Damaged(
                        site: site, files: files, comment: "\(site.name) \(path):\(index + 1) \(damage)", path: path,
                        line: index + 1, accepted: accepted))
            }
        }
    }

    static func copies(
        _ site: SiteFolder, _ damage: LineDamage, where isWanted: (Damaged) -> Bool
    ) -> [Damaged] {
        var copies: [Damaged] = []
        each(site, damage) { damaged in
            if isWanted(damaged) { copies.append(damaged) }
        }
        return copies
    }

    @Test(arguments: SiteFolder.all)
    func `given a site as it is, when it is read, then it starts`(_ site: SiteFolder) {
        #expect(!site.files.isEmpty)
        let imported = site.read(site.files, accepting: site.accepted)
        let errors = imported.faults.filter { $0.severity == .error }.map(\.description)
        #expect(errors.isEmpty, "\(errors)")
        #expect(!imported.model.listeners.isEmpty)
    }

    @Test(arguments: SiteFolder.all, LineDamage.allCases)
    func `given any line damaged, when the site is read, then it listens or says what to mend`(
        _ site: SiteFolder, _ damage: LineDamage
    ) {
        Self.each(site, damage) { damaged in
            let imported = damaged.read()
            for fault in imported.faults where fault.severity == .error {
                // Files by their own names; the whole of an origin where nothing of it can be read; in a container also
                // a file that its start-up composes, and the default that holds where a variable is missing.
                let isPlaced =
                    damaged.files.keys.contains(fault.location.file)
                    || site.origins.contains { "\($0.dialect.rawValue):\($0.path)" == fault.location.file }
                    || site.isContainer
                        && (fault.location.file.hasPrefix("/etc/") || fault.location.file.hasSuffix(" default"))
                #expect(isPlaced, "\(damaged.comment): \(fault)")
                #expect(!fault.remedy.isEmpty, "\(damaged.comment): \(fault)")
            }
            guard imported.starts else { return }
            #expect(
                !imported.model.listeners.isEmpty || damage == .deleted, "\(damaged.comment): nothing is listened for")
        }
    }
}

extension ImportedSite {
    var starts: Bool { !faults.contains { $0.severity == .error } }
}
