import Dialects
import Directory
import PostroomTesting
import SiteConfiguration
import Testing

/// Each line of each file, damaged in several ways.
@Suite struct PostfixDamageTests {
    enum Damage: CaseIterable {
        case deleted, truncated, doubled, withoutEquals, junk, quoted, indented, dollar, brace, swapped
    }

    private func damaged(_ line: [UInt8], _ damage: Damage, _ random: inout SeededGenerator) -> [[UInt8]] {
        switch damage {
        case .deleted: return []
        case .truncated: return [Array(line.prefix(line.count / 2))]
        case .doubled: return [line, line]
        case .withoutEquals: return [line.filter { $0 != UInt8(ascii: "=") }]
        case .junk: return [random.mutate(line).filter { $0 != UInt8(ascii: "\n") }]
        case .quoted: return [[UInt8(ascii: "\"")] + line + [UInt8(ascii: "\"")]]
        case .indented: return [[UInt8(ascii: " ")] + line]
        case .dollar: return [line + Array("${".utf8)]
        case .brace: return [line + Array(" {".utf8)]
        case .swapped: return [Array(line.reversed())]
        }
    }

    @Test(arguments: PostfixSite.all)
    func
        `given a line damaged in any way, when the configuration is read, then it is a model that guards, or faults with a place`(
            _ site: PostfixSite
        )
    {
        var random = SeededGenerator(seed: 5)
        let whole = site.files.mapValues { Array($0.utf8) }
        for (path, contents) in whole.sorted(by: { $0.key < $1.key }) {
            let lines = contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
            for index in lines.indices {
                for damage in Damage.allCases {
                    var changed = lines
                    changed.replaceSubrange(index...index, with: damaged(lines[index], damage, &random))
                    var files = whole
                    files[path] = Array(changed.joined(separator: [UInt8(ascii: "\n")]))
                    expectSound(site.read(files), "\(path):\(index + 1) \(damage)")
                }
            }
        }
    }

    private func expectSound(_ draft: SiteDraft, _ comment: String) {
        for fault in draft.faults {
            #expect(!fault.location.file.isEmpty, "\(comment): \(fault)")
            #expect(fault.severity == .warning || !fault.remedy.isEmpty, "\(comment): \(fault)")
        }
        guard !draft.faults.contains(where: { $0.severity == .error }) else {
            let nowhere = draft.faults.filter {
                $0.severity == .error && ($0.location == .builtIn || !$0.location.file.hasPrefix("/"))
            }
            #expect(nowhere.map(\.description) == [], "\(comment)")
            return
        }
        for listener in draft.model.listeners {
            guard let policy = listener.policy.flatMap({ draft.model.policy($0.value) }) else {
                Issue.record("\(comment): \(listener.name) has no policy")
                continue
            }
            let guarding = ["reject", "defer", "reject_unauth_destination", "defer_unauth_destination"]
            let isGuarded = spelled(policy.relayRestrictions + policy.recipientRestrictions).contains {
                guarding.contains($0)
            }
            #expect(isGuarded, "\(comment): \(listener.name) relays for everybody")
        }
        if case .tables(let mailboxes) = draft.model.routing.mailboxes, !mailboxes.paths.isEmpty,
            draft.model.routing.virtualTransport == nil
        {
            #expect(mailboxes.base?.value.hasPrefix("/") == true, "\(comment): mailboxes without a base")
            #expect(!mailboxes.uids.isEmpty && !mailboxes.gids.isEmpty, "\(comment): mailboxes without an owner")
        }
        for root in draft.model.store.roots { #expect(root.value.hasPrefix("/"), "\(comment)") }
    }

    @Test(arguments: PostfixSite.all)
    func
        `given every file of the configuration taken away in turn, when it is read, then nothing of it is lost in silence`(
            _ site: PostfixSite
        )
    {
        for path in site.files.keys.sorted() where path != "/etc/aliases" || site.name == "vennedey" {
            var files = site.files.mapValues { Array($0.utf8) }
            files[path] = nil
            let draft = site.read(files)
            let isTold =
                draft.faults.contains { $0.severity == .error }
                || !draft.report.refusals(accepting: []).isEmpty
                || draft.report.entries.contains { $0.setting == "master.cf" }
            #expect(isTold || path.hasSuffix("sender_header_filter.pcre") || path.hasSuffix("smtpd.conf"), "\(path)")
        }
    }

    @Test func `given random bytes for each file, when the configuration is read, then it is a model or faults`() {
        var random = SeededGenerator(seed: 99)
        for site in PostfixSite.all {
            for _ in 0..<60 {
                var files = site.files.mapValues { Array($0.utf8) }
                for path in files.keys.sorted() {
                    if Bool.random(using: &random), let bytes = files[path] { files[path] = random.mutate(bytes) }
                }
                expectSound(site.read(files), site.name)
            }
        }
    }
}
