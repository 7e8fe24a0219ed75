import Accounts
import Directory
import LDAP
import SiteConfiguration

/// Texts with variables → templates, in the notation that the site writes them in.
struct AccountTemplates {
    let syntax: AccountsModel.VariableSyntax
    let faults: FaultCollector

    private var isCurrent: Bool { syntax == .pipes }

    func text(_ text: Located<String>, for place: Template.Place) -> Template? {
        attempt(at: text.location) { try template(text.value, for: place) }
    }

    func name(_ text: Located<String>) -> NameTemplate? {
        attempt(at: text.location) { try NameTemplate(text.value, isCurrent: isCurrent) }
    }

    func bindName(_ text: Located<String>) -> BindNameTemplate? {
        attempt(at: text.location) {
            guard isCurrent else { return try BindNameTemplate(text.value) }
            if let name = try? NameTemplate(text.value, isCurrent: true) { return .distinguishedName(name) }
            return .principal(try Template(current: text.value, for: .beforeLookup))
        }
    }

    func filter(_ text: Located<String>) -> FilterTemplate? {
        attempt(at: text.location) { try FilterTemplate(text.value, isCurrent: isCurrent) }
    }

    func mailLocation(_ text: Located<String>) -> MailLocationTemplate? {
        attempt(at: text.location) { try MailLocationTemplate(setting: text.value, isCurrent: isCurrent) }
    }

    /// `attributes`, then the fields that its notation can't hold.
    func mapping(_ attributes: Located<String>?, _ fields: [FieldModel]) -> AttributeMapping {
        var items: [AttributeMapping.Item] = []
        if let attributes {
            for part in attributes.value.split(separator: ",") {
                items += attempt(at: attributes.location) { try item(String(part)) } ?? []
            }
        }
        for field in fields {
            let item = attempt(at: field.template.location) {
                AttributeMapping.Item.set(
                    field: try FieldName(field.name), try template(field.template.value, for: .entry))
            }
            if let item { items.append(item) }
        }
        return AttributeMapping(items)
    }

    /// `name=value name=value`: default_fields, override_fields.
    func assignments(_ text: Located<String>?) -> AttributeMapping {
        guard let text else { return AttributeMapping() }
        guard isCurrent else {
            return attempt(at: text.location) { try AttributeMapping(assignments: text.value) } ?? AttributeMapping()
        }
        let items = text.value.split(separator: " ").compactMap { part in
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return attempt(at: text.location) {
                AttributeMapping.Item.set(
                    field: try FieldName(pair[0]),
                    try Template(current: pair.count == 2 ? pair[1] : "", for: .fields))
            }
        }
        return AttributeMapping(items)
    }

    /// In the notation of 2.4 only what every entry is given has variables: `=home=/var/mail/%{ldap:uid}`.
    private func item(_ text: String) throws -> [AttributeMapping.Item] {
        let parts = text.split(separator: "=", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard isCurrent, parts.count == 3, parts[0].allSatisfy({ $0 == " " }) else {
            return try AttributeMapping(text).items
        }
        return [.set(field: try FieldName(parts[1]), try Template(current: parts[2], for: .entry))]
    }

    private func template(_ text: String, for place: Template.Place) throws -> Template {
        isCurrent ? try Template(current: text, for: place) : try Template(text, for: place)
    }

    func attempt<Value>(at location: SourceLocation, _ body: () throws -> Value) -> Value? {
        do {
            return try body()
        } catch {
            faults.error(at: location, "\(error)", remedy: "see docs/configuration.md, accounts")
            return nil
        }
    }
}

extension AccountsModel {
    /// The attributes in which the site's own mappings find passwords and their hashes.
    var secretAttributes: Set<AttributeDescription> {
        let templates = AccountTemplates(syntax: variables.value, faults: FaultCollector())
        var result: Set<AttributeDescription> = []
        for database in passwords + (submission?.passwords ?? []) {
            result.formUnion(templates.mapping(database.attributes, database.fields).secretAttributes)
            if let attribute = database.saslauthd?.passwordAttribute {
                result.insert(AttributeDescription(attribute.value))
            }
        }
        for database in users {
            result.formUnion(templates.mapping(database.attributes, database.fields).secretAttributes)
        }
        return result
    }
}
