import Accounts
import Directory
import MailModel
import SiteConfiguration

extension DovecotSite {
    /// Plugins that are loaded, and the quota plugin's settings.
    mutating func readQuota() {
        var plugins: Set<String> = []
        for section in [root] + root.descendants where section.isFilter || section === root {
            guard let setting = section.last("mail_plugins") else { continue }
            var notes: [String] = []
            var verdicts: [DovecotSettingTable.Verdict] = []
            for word in setting.value.split(separator: " ").map(String.init) {
                let verdict = DovecotSettingTable.loadedPlugin(word)
                notes.append("\(word): \(verdict.note)")
                if plugins.insert(word).inserted { verdicts.append(verdict) }
            }
            tell("mail_plugins", in: section, Self.gravest(verdicts.map(\.fate)), notes.joined(separator: "; "))
        }
        if isVersion24 {
            for section in [root] + root.descendants where section.type == "mail_plugins" {
                for setting in section.settings where ["yes", "y", "1"].contains(setting.value.lowercased()) {
                    plugins.insert(setting.key)
                    let verdict = DovecotSettingTable.loadedPlugin(setting.key)
                    tell(setting.key, in: section, verdict.fate, verdict.note)
                }
            }
            readQuota24(isLoaded: plugins.contains("quota"))
        }
        for section in [root] + root.descendants where section.type == "plugin" {
            // `plugin { … }` in a filter says nothing of the others.
            let isLoaded = plugins.contains("quota")
            let rules = Set(section.settings.map(\.key)).filter(Self.isQuotaRule).sorted(by: Self.ruleOrder)
            for key in rules {
                guard let rule = section.last(key)?.located, !rule.value.isEmpty else {
                    tell(key, in: section, .notNeeded, "is empty")
                    continue
                }
                guard isLoaded else {
                    tell(key, in: section, .notNeeded, "the quota plugin is not loaded (mail_plugins)")
                    continue
                }
                do {
                    // In a configuration `%%` stands for one.
                    let text = rule.value.replacing("%%", with: "%")
                    let isForAll = try QuotaFolderRule(rule: Array(text.utf8)) == nil
                    if isForAll { _ = try Quota(rule: Array(text.utf8)) }
                    draft.model.accounts.quotaRules.append(Located(text, at: rule.location))
                    tell(
                        key, in: section, .used,
                        isForAll ? "for users without their own" : "for users without their own for this mailbox")
                } catch {
                    draft.error(
                        at: rule.location, "\(key): \(error)", remedy: "for example *:storage=1G:messages=10000")
                    tell(key, in: section, .used, "not understood")
                }
            }
            for key in Set(section.settings.map(\.key)).sorted() where Self.isQuotaRoot(key) {
                tell(
                    key, in: section, isLoaded ? .used : .notNeeded,
                    isLoaded ? DovecotSettingTable.countedQuota : "the quota plugin is not loaded (mail_plugins)")
            }
            if isLoaded { readQuotaTerms(section) }
        }
        readAccessControl(isLoaded: plugins.contains("acl"), hasCommands: plugins.contains("imap_acl"))
        if plugins.contains("quota"), !isVersion24 {
            let isTemporary = takeSwitch("quota_full_tempfail", "452 4.2.2 instead of 552 5.2.2")?.value ?? false
            if draft.model.accounts.quota.fullMailbox == nil {
                draft.model.accounts.quota.fullMailbox = Located(isTemporary ? .defer : .refuse, at: location)
            }
            // Dovecot's own default.
            if draft.model.accounts.quota.grace == nil {
                draft.model.accounts.quota.grace = Located("10%", at: .builtIn)
            }
        }
    }

    /// The one that somebody must act on first.
    private static func gravest(_ fates: [ImportReport.Fate]) -> ImportReport.Fate {
        fates.first { if case .unsupported = $0 { true } else { false } }
            ?? fates.first { $0 == .missingFilter } ?? fates.first { $0 == .used } ?? fates.first ?? .notNeeded
    }

    /// `quota_rule`, `quota_rule2` … and those of further roots, `quota2_rule`.
    private static func isQuotaRule(_ key: String) -> Bool {
        guard key.hasPrefix("quota") else { return false }
        let rest = key.dropFirst("quota".count).drop { $0.isNumber }
        return rest.hasPrefix("_rule") && rest.dropFirst("_rule".count).allSatisfy(\.isNumber)
    }

    private static func isQuotaRoot(_ key: String) -> Bool {
        key.hasPrefix("quota") && key.dropFirst("quota".count).allSatisfy(\.isNumber)
    }

    private static func ruleOrder(_ left: String, _ right: String) -> Bool {
        (left.count, left) < (right.count, right)
    }
}
