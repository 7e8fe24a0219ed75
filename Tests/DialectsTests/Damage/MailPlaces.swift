import SiteConfiguration

/// Everything of a model that decides in which folders mail is written, and whose it is there.
struct MailPlaces: Equatable, CustomStringConvertible {
    private let lines: [String]

    init(_ model: SiteModel) {
        var lines: [String] = []
        // Top-level sections as `postroom config print` shows them.
        var isPart = false
        for line in model.yaml.split(separator: "\n") {
            if !line.hasPrefix(" ") {
                isPart = ["mailboxes:", "store:", "transports:"].contains { line.hasPrefix($0) }
            }
            if isPart { lines.append(String(line)) }
        }
        for (name, value) in [
            ("mail_location", model.accounts.mailLocation), ("home", model.accounts.home), ("uid", model.accounts.uid),
            ("gid", model.accounts.gid),
        ] { lines.append("\(name): \(value?.value ?? "-")") }
        for user in model.accounts.users {
            lines.append("user \(user.driver) \(user.attributes.value) \(user.filter?.value ?? "-")")
            lines += user.fields.map { "    \($0.name) \($0.template.value)" }
        }
        self.lines = lines
    }

    var description: String { lines.joined(separator: "\n") }
}
