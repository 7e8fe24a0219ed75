package import MailModel
import Routing

/// What `provision` did, or would do, and what it found.
package struct ProvisionReport: Sendable {
    package enum Kind: String, Sendable {
        case maildir
        case sharable = "sharable-maildir"
        case folder
        case directory
        case link
        case line = "shared-maildirs"
    }

    /// Something that was missing.
    package struct Step: Hashable, Sendable {
        package var kind: Kind
        package var path: [UInt8]
        /// The folder, the link's target or the line.
        package var detail: String?
        package var owner: Owner
    }

    /// What is for a person to mend.
    package struct Finding: Hashable, Sendable {
        /// The entry or the path that it is about.
        package var subject: String
        package var text: String
    }

    package var isDry: Bool
    /// Mailboxes that were looked at.
    package var accounts = 0
    package var shared = 0
    package var steps: [Step] = []
    package var findings: [Finding] = []
    /// Maildirs below the roots that are no account's; nil when that can't be told.
    package var unowned: [[UInt8]]?
    /// Why the directory or the disk could not be asked.
    package var failures: [String] = []

    init(isDry: Bool) {
        self.isDry = isDry
    }

    /// One line for each step, finding and mailbox without an account, and a summary.
    package var text: String {
        var lines = steps.map { step in
            let detail = step.detail.map { " " + VisibleText.escaped($0) } ?? ""
            let path = VisibleText.escaped(String(decoding: step.path, as: UTF8.self))
            return "\(isDry ? "would make" : "made") \(step.kind.rawValue) \(path)\(detail) (\(step.owner))"
        }
        lines += findings.map {
            "not done: \(VisibleText.escaped($0.subject)): \(VisibleText.escaped($0.text, backslashes: false))"
        }
        lines += (unowned ?? []).map { "no account: \(VisibleText.escaped(String(decoding: $0, as: UTF8.self)))" }
        lines += failures.map { "can't tell: \(VisibleText.escaped($0, backslashes: false))" }
        let made = steps.isEmpty ? "nothing to do" : "\(steps.count) \(isDry ? "to make" : "made")"
        lines.append("\(accounts) accounts, \(shared) shared: \(made)")
        return lines.joined(separator: "\n")
    }

    package var json: String {
        JSONText.object([
            ("dryRun", .bool(isDry)), ("accounts", .number(Int64(accounts))), ("shared", .number(Int64(shared))),
            (
                "steps",
                .array(
                    steps.map { step in
                        .object([
                            ("kind", .string(step.kind.rawValue)), ("path", .bytes(step.path)),
                            ("detail", step.detail.map { .string($0) } ?? .null),
                            ("uid", .number(Int64(step.owner.uid))), ("gid", .number(Int64(step.owner.gid))),
                        ])
                    })
            ),
            (
                "findings",
                .array(findings.map { .object([("subject", .string($0.subject)), ("text", .string($0.text))]) })
            ),
            ("unowned", unowned.map { .array($0.map { .bytes($0) }) } ?? .null),
            ("failures", .array(failures.map { .string($0) })),
        ]).serialized()
    }
}
