import LDAP

/// The name of a field, which in Dovecot's notation may hold variables: `=namespace/%{ldap:ou}/location=…`.
package struct FieldName: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    private let text: String
    private let template: Template?

    package init(_ text: String) throws(TemplateSyntaxError) {
        self.text = text
        self.template = text.contains("%") ? try Template(text, for: .entry) : nil
    }

    package init(stringLiteral text: String) {
        self.text = text
        self.template = nil
    }

    package var description: String { text }
    var attributes: [String] { template?.attributes ?? [] }
    var usesPointer: Bool { template?.usesPointer ?? false }

    /// Whether it is certain that the field holds a secret.
    var isSecret: Bool { template == nil && Fields.isSecret(text) }
    /// Whether it may: what only the entry names could be anything.
    var mayBeSecret: Bool { template != nil || isSecret }

    func render(_ variables: LoginVariables, _ entry: EntryValues) -> String {
        template.map { String(decoding: $0.render(variables, entry), as: UTF8.self) } ?? text
    }
}
