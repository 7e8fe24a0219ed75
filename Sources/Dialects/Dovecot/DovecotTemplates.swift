import Accounts
import MailModel

/// Whether templates can be understood: they are parsed as the accounts will parse them, so that a fault is told where it
/// stands. 2.4 writes variables otherwise than 2.3.
struct DovecotTemplates {
    let isVersion24: Bool

    /// What is wrong with a template; nil for a good one.
    func problem(_ text: String, for place: Template.Place) -> String? {
        do {
            _ = isVersion24 ? try Template(current: text, for: place) : try Template(text, for: place)
            return nil
        } catch {
            return "\(error)"
        }
    }

    func checkFilter(_ text: String) throws { _ = try FilterTemplate(text, isCurrent: isVersion24) }

    func checkName(_ text: String) throws { _ = try NameTemplate(text, isCurrent: isVersion24) }

    func checkBindName(_ text: String) throws {
        guard isVersion24 else {
            _ = try BindNameTemplate(text)
            return
        }
        _ = try Template(current: text, for: .beforeLookup)
    }

    func checkMailLocation(_ text: String) throws -> MailboxLocation.Format {
        try MailLocationTemplate(setting: text).format
    }
}
