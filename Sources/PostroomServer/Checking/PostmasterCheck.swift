import MailModel
import Routing
import SiteConfiguration

/// RFC 5321 §4.5.1: there is a postmaster, and gets mail.
struct PostmasterCheck: ExaminationPart {
    let title = "postmaster"

    func findings(_ examination: Examination) async -> [CheckFinding] {
        guard let postmaster = examination.model.postmaster else { return [] }
        let resolution = await examination.site.router.resolve(postmaster.value)
        guard !resolution.reply.isPositive else { return [] }
        return [
            CheckFinding(
                .warning, at: postmaster.location, "postmaster can't get mail: \(resolution.reply)",
                remedy: "postroom explain \(postmaster.value) shows why")
        ]
    }
}
