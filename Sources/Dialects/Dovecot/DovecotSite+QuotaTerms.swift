import Accounts
import Directory
import MailModel
import SiteConfiguration

extension DovecotSite {
    /// What `plugin { … }` says of all quotas: grace, sizes, warnings, words.
    mutating func readQuotaTerms(_ section: DovecotSection) {
        let root = section.last("quota")
        if let driver = root?.value.split(separator: ":").first, driver == "count" {
            draft.model.accounts.quota.sizes = Located(.wire, at: root?.location ?? location)
        }
        if let isVirtual = takeSwitch("quota_vsizes", in: section, "sizes with CRLF line ends count") {
            draft.model.accounts.quota.sizes = Located(isVirtual.value ? .wire : .file, at: isVirtual.location)
        }
        if let grace = take("quota_grace", in: section, "by which the last message may go over the limit") {
            let text = grace.value.replacing("%%", with: "%")
            if (try? QuotaTerms.Grace(setting: text)) != nil {
                draft.model.accounts.quota.grace = Located(text, at: grace.location)
            } else {
                draft.error(at: grace.location, "quota_grace: \(grace.value) is no size", remedy: "for example 10%%")
            }
        }
        if let size = take("quota_max_mail_size", in: section, "larger messages are refused") {
            if case .bytes(let bytes)? = try? QuotaTerms.Grace(setting: size.value) {
                // 0 is no limit.
                if bytes > 0 { draft.model.accounts.quota.messageSize = Located(bytes, at: size.location) }
            } else {
                draft.error(
                    at: size.location, "quota_max_mail_size: \(size.value) is no size", remedy: "for example 10M")
            }
        }
        if let text = take("quota_exceeded_message", in: section, "what senders are told") {
            draft.model.accounts.quota.message = Located(text.value, at: text.location)
        }
        let warnings = section.settings.map(\.key).filter { $0.hasPrefix("quota_warning") }
        for key in Set(warnings).sorted(by: { ($0.count, $0) < ($1.count, $1) }) {
            guard let warning = section.last(key) else { continue }
            let words = warning.value.replacing("%%", with: "%").split(separator: " ").map(String.init)
            guard let threshold = words.first, (try? QuotaWarning(setting: threshold)) != nil else {
                tell(key, in: section, .missingFilter, "programs are not run when a mailbox fills")
                continue
            }
            draft.model.accounts.quota.warnings.append(Located(threshold, at: warning.location))
            tell(key, in: section, .used, "Postroom itself writes the mail; the program is not run")
        }
    }
}
