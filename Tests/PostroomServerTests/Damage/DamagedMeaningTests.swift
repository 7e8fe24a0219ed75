import Dialects
import Directory
import Foundation
import MailModel
import Policy
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// A damaged site that starts means what its original programs make of the same files: nobody relays who may not, and no
/// mail is written elsewhere than the damaged setting says.
@Suite struct DamagedMeaningTests {
    @Test(arguments: SiteFolder.all, LineDamage.allCases)
    func
        `given any line damaged, when the site starts, then no stranger relays and mail lies where the original has it`(
            _ folder: SiteFolder, _ damage: LineDamage
        ) async throws
    {
        let asked = try await AskedSite.opened(folder)
        let outside = try #require(EmailAddress("someone@elsewhere.invalid"))
        let before = await asked.answers(asked.whole)
        #expect(folder.name == "dms-forward-only" || before.values.contains { $0 != "-" }, "nothing is delivered")
        #expect(await StrangersMailTests.taking(asked.whole, outside) == [])
        let copies = SiteDamageTests.copies(folder, damage) { $0.line % (damage.isFrequent ? 2 : 6) == 1 }
        var moved: [SiteDamageTests.Damaged] = []
        try await asked.each(copies) { damaged, site in
            guard let site else { return }
            #expect(await StrangersMailTests.taking(site, outside) == [], "\(damaged.comment)")
            let after = await asked.answers(site)
            if after.contains(where: { $0.value != "-" && $0.value != before[$0.key] }) { moved.append(damaged) }
        }
        await asked.whole.close()
        for (path, moved) in Dictionary(grouping: moved, by: \.path) {
            guard OriginalSettings.isKnown(path) else {
                for damaged in moved { #expect(Self.saysWhere(damaged), "\(damaged.comment)") }
                continue
            }
            let original = try await OriginalSettings.read([folder.files] + moved.map(\.files), changed: path)
            for (damaged, output) in zip(moved, original.outputs.dropFirst()) {
                #expect(output != nil, "\(damaged.comment): mail lies elsewhere, and the original refuses to start")
                #expect(
                    output != original.outputs[0], "\(damaged.comment): mail lies elsewhere, not so in the original")
            }
        }
    }

    /// A line that the original refuses, and that plays no part here.
    private static func isUnchanged(_ damaged: SiteDamageTests.Damaged) -> Bool {
        damaged.read().model.yaml == damaged.site.read(damaged.site.files, accepting: damaged.site.accepted).model.yaml
    }

    /// No program shows what it makes of these lines. They themselves say where mail lies, to whom or which entries.
    private static func saysWhere(_ damaged: SiteDamageTests.Damaged) -> Bool {
        let lines = SiteFolder.lines(damaged.site.files[damaged.path] ?? [])
        guard lines.indices.contains(damaged.line - 1) else { return false }
        let line = String(decoding: lines[damaged.line - 1], as: UTF8.self).lowercased()
        return [
            "filter", "attr", "base", "result", "search", "scope", "home", "mail", "uid", "gid", "domain", "virtual",
            "accounts", "sed",
        ].contains { line.contains($0) }
    }

    @Test(arguments: SiteFolder.all.filter { !$0.isContainer }, LineDamage.allCases)
    func `given any line of main.cf damaged, when the site starts, then postconf reads what decides as we do`(
        _ folder: SiteFolder, _ damage: LineDamage
    ) async throws {
        let path = "/etc/postfix/main.cf"
        let copies = SiteDamageTests.copies(folder, damage) { $0.path == path }.filter { $0.read().starts }
        guard !copies.isEmpty else { return }
        let original = try await OriginalSettings.read(copies.map(\.files), changed: path)
        let machine = ProcessInfo.processInfo.hostName
        for (index, damaged) in copies.enumerated() {
            guard let values = original.values(index) else {
                #expect(
                    Self.isUnchanged(damaged),
                    "\(damaged.comment): Postfix refuses it, and it means something else here")
                continue
            }
            var faults: [ConfigurationFault] = []
            var main = MainConfiguration(machineName: machine)
            main.read(SourceText(path: path, contents: damaged.files[path] ?? [], hostPath: path), faults: &faults)
            for name in OriginalSettings.deciding {
                // What Postfix finds out about the machine, and what Debian has built in.
                guard main.isSet(name) || !["mynetworks", "alias_maps"].contains(name) else { continue }
                let ours = OriginalSettings.squeezed(try main.value(name))
                #expect(ours == values[name], "\(damaged.comment): \(name)")
            }
        }
    }

    @Test(arguments: LineDamage.allCases)
    func `given any line of master.cf damaged, when the site starts, then postconf knows the same services and options`(
        _ damage: LineDamage
    ) async throws {
        let path = "/etc/postfix/master.cf"
        for folder in SiteFolder.all where folder.files[path] != nil {
            let copies = SiteDamageTests.copies(folder, damage) { $0.path == path }.filter { $0.read().starts }
            guard !copies.isEmpty else { continue }
            let original = try await OriginalSettings.read(copies.map(\.files), changed: path)
            for (index, damaged) in copies.enumerated() {
                guard let output = original.outputs[index] else {
                    #expect(
                        Self.isUnchanged(damaged),
                        "\(damaged.comment): Postfix refuses it, and it means something else here")
                    continue
                }
                var faults: [ConfigurationFault] = []
                let master = MasterConfiguration(
                    SourceText(path: path, contents: damaged.files[path] ?? [], hostPath: path), faults: &faults)
                var expected: Set<String> = []
                for line in output.split(separator: "\n") {
                    let fields = line.split(separator: " ")
                    if line.contains(" =") {
                        expected.insert(OriginalSettings.squeezed(line))
                    } else if fields.count > 1, !line.hasPrefix(" ") {
                        expected.insert("\(fields[0])/\(fields[1])")
                    }
                }
                let ours = master.services.flatMap { service in
                    [service.label]
                        + service.settings.map {
                            OriginalSettings.squeezed("\(service.label)/\($0.name) = \($0.value)")
                        }
                }
                #expect(Set(ours).symmetricDifference(expected) == [], "\(damaged.comment)")
            }
        }
    }

    @Test(arguments: SiteFolder.all.filter { !$0.isContainer }, LineDamage.allCases)
    func `given any line of dovecot.conf damaged, when the site starts, then doveconf reads what decides as we do`(
        _ folder: SiteFolder, _ damage: LineDamage
    ) async throws {
        let copies = SiteDamageTests.copies(folder, damage) {
            $0.path.hasPrefix("/etc/dovecot/") && OriginalSettings.isKnown($0.path)
        }
        var accepted: [SiteDamageTests.Damaged] = []
        var models: [SiteModel] = []
        for damaged in copies {
            let imported = damaged.read()
            guard imported.starts else { continue }
            accepted.append(damaged)
            models.append(imported.model)
        }
        guard !accepted.isEmpty else { return }
        let original = try await OriginalSettings.read(accepted.map(\.files), changed: "/etc/dovecot/dovecot.conf")
        for (index, damaged) in accepted.enumerated() {
            guard let output = original.outputs[index], let values = original.values(index) else {
                #expect(
                    Self.isUnchanged(damaged),
                    "\(damaged.comment): Dovecot refuses it, and it means something else here")
                continue
            }
            let model = models[index]
            // Sections of the whole configuration, as the model counts them.
            let sections = output.split(separator: "\n")
            #expect(
                model.accounts.passwords.count == sections.count { $0 == "passdb {" }, "\(damaged.comment): passdb")
            #expect(model.accounts.users.count == sections.count { $0 == "userdb {" }, "\(damaged.comment): userdb")
            let location = values["mail_location"] ?? ""
            let ours = model.accounts.mailLocation?.value ?? ""
            #expect(ours == location, "\(damaged.comment): mail_location")
        }
    }
}
