import Accounts
import Blocking
import Glibc
import MailModel
import MailStore

extension Site {
    /// Makes the mailboxes that the directory names and the disk lacks: personal Maildirs, and shared ones with their folders,
    /// links and Courier's lines. Changes and removes nothing that is there; may run beside a server, and again.
    package func provision(
        isDry: Bool, progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async -> ProvisionReport {
        var report = ProvisionReport(isDry: isDry)
        let plan = await ProvisionPlan.make(self, progress: progress)
        report.failures = plan.failures
        report.findings = plan.refused
        report.accounts = plan.mailboxes.count
        report.shared = plan.sharables.count
        if let failure = Self.identityFailure(plan) {
            report.failures.append(failure)
            return report
        }
        let run = ProvisionRun(storage.stores.provisioning(isDry: isDry))
        await run.mailboxes(plan.mailboxes, &report, progress: progress)
        report.steps.sort { $0.path.lexicographicallyPrecedes($1.path) }
        report.findings.sort { $0.subject < $1.subject }
        await run.sharables(plan.sharables, &report, progress: progress)
        // What the directory could not tell must not look as if it were nobody's.
        if plan.failures.isEmpty {
            progress("looking for mailboxes that no account owns")
            await run.search(besides: plan.resting, &report)
        }
        return report
    }

    /// Root, or the one who owns all mail.
    private static func identityFailure(_ plan: ProvisionPlan) -> String? {
        guard !FileIdentity.mayChange else { return nil }
        let owners = Set(plan.mailboxes.map(\.owner) + plan.sharables.map(\.entry.account.owner))
        guard let other = owners.first(where: { $0.uid != geteuid() || $0.gid != getegid() }) else { return nil }
        return "\(FileIdentity.Failure.notPermitted(owner: other, process: "\(geteuid()):\(getegid())"))"
    }
}

/// Goes through a plan, a bounded number of mailboxes at a time.
private final class ProvisionRun: Sendable {
    private static let width = 16
    private static let progressInterval = 100

    private let disk: MaildirProvisioning

    init(_ disk: MaildirProvisioning) {
        self.disk = disk
    }

    // MARK: Personal mailboxes

    func mailboxes(
        _ mailboxes: [ProvisionPlan.Mailbox], _ report: inout ProvisionReport, progress: @Sendable (String) -> Void
    ) async {
        var done = 0
        await withTaskGroup(of: ProvisionReport.self) { tasks in
            var rest = mailboxes.makeIterator()
            for _ in 0..<Self.width {
                guard let mailbox = rest.next() else { break }
                tasks.addTask { await self.make(mailbox) }
            }
            for await part in tasks {
                report.steps += part.steps
                report.findings += part.findings
                done += 1
                if done.isMultiple(of: Self.progressInterval) { progress("\(done) of \(mailboxes.count) accounts") }
                if let mailbox = rest.next() { tasks.addTask { await self.make(mailbox) } }
            }
        }
    }

    private func make(_ mailbox: ProvisionPlan.Mailbox) async -> ProvisionReport {
        var report = ProvisionReport(isDry: disk.isDry)
        let path = mailbox.location.inbox ?? mailbox.location.path
        let isThere = await note(.maildir, path, mailbox.owner, mailbox.subject, &report) {
            try await self.disk.maildir(path, owner: mailbox.owner, .personal)
        }
        guard isThere else { return report }
        for folder in mailbox.folders where mailbox.location.layout == .maildirPlusPlus {
            await note(.folder, path, mailbox.owner, mailbox.subject, detail: "\(folder)", &report) {
                try await self.disk.folder(folder, of: path, owner: mailbox.owner, isShared: false)
            }
        }
        return report
    }

    // MARK: Shared mailboxes

    func sharables(
        _ sharables: [ProvisionPlan.Sharable], _ report: inout ProvisionReport, progress: @Sendable (String) -> Void
    ) async {
        for (index, sharable) in sharables.enumerated() {
            if (index + 1).isMultiple(of: Self.progressInterval) {
                progress("\(index + 1) of \(sharables.count) shared mailboxes")
            }
            await make(sharable, &report)
        }
    }

    private func make(_ sharable: ProvisionPlan.Sharable, _ report: inout ProvisionReport) async {
        let (linked, owner, subject) = (sharable.linked, sharable.entry.account.owner, sharable.subject)
        let maildir = linked.maildir
        let isThere = await note(.sharable, maildir, owner, subject, &report) {
            try await self.disk.maildir(maildir, owner: owner, .sharable)
        }
        guard isThere else { return }
        for folder in [linked.folder] + sharable.entry.folders.filter({ $0 != linked.folder }) {
            await note(.folder, maildir, owner, subject, detail: "\(folder)", &report) {
                try await self.disk.folder(folder, of: maildir, owner: owner, isShared: true)
            }
        }
        let parent = Array(linked.link.prefix(linked.link.lastIndex(of: UInt8(ascii: "/")) ?? 0))
        await note(.directory, parent, owner, subject, &report) {
            try await self.disk.parent(of: linked.link, owner: owner)
        }
        await note(.link, linked.link, owner, subject, &report) {
            try await self.disk.link(linked.link, toFolder: linked.folder, of: maildir, owner: owner)
        }
        for subscriber in sharable.subscribers {
            let path = subscriber.location.inbox ?? subscriber.location.path
            let name = String(decoding: sharable.entry.display, as: UTF8.self)
            await note(.line, path, subscriber.owner, subscriber.subject, detail: name, &report) {
                try await self.disk.line(sharable.entry.display, maildir, in: path, owner: subscriber.owner)
            }
        }
    }

    /// Whether it is there now, or would be.
    @discardableResult
    private func note(
        _ kind: ProvisionReport.Kind, _ path: [UInt8], _ owner: Owner, _ subject: String, detail: String? = nil,
        _ report: inout ProvisionReport, _ work: () async throws -> MaildirMaking.Finding
    ) async -> Bool {
        do {
            switch try await work() {
            case .present: return true
            case .missing:
                report.steps.append(.init(kind: kind, path: path, detail: detail, owner: owner))
                return true
            case .wrong(let text):
                report.findings.append(
                    .init(subject: subject, text: "\(String(decoding: path, as: UTF8.self)) \(text)"))
                return false
            }
        } catch {
            report.findings.append(.init(subject: subject, text: "\(error)"))
            return false
        }
    }

    // MARK: Mailboxes without an account

    func search(besides resting: [[UInt8]], _ report: inout ProvisionReport) async {
        do {
            let result = try await disk.search(besides: resting)
            report.unowned = result.unknown
            report.failures += result.failures
        } catch {
            report.failures.append("\(error)")
        }
    }
}
