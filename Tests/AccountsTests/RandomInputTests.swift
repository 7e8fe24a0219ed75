import Accounts
import LDAP
import MailModel
import Testing

/// Whatever comes from a client, a directory or a configuration, nothing here may trap: a trap ends every session.
struct RandomInputTests {
    private static let alphabet =
        Array("%{}|:=,!@$~/.*+-0019nudLUXDRTEhlsrldap_ptr \\\"'".utf8) + [0, 0x7F, 0x80, 0xC3, 0xFF]

    private func inputs(_ count: Int) -> [[UInt8]] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in
            (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                Self.alphabet.randomElement(using: &generator) ?? 0
            }
        }
    }

    @Test func `templates, mappings and locations are parsed or refused`() {
        let entry = LDAPEntry(name: "cn=x", attributes: [.init("a", [[0xFF, 0x25, 0x75]])])
        for input in inputs(20_000) {
            let text = String(decoding: input, as: UTF8.self)
            var variables = LoginVariables(user: input, service: "imap")
            for place in [Template.Place.beforeLookup, .entry, .mailLocation] {
                _ = try? Template(text, for: place).render(variables, EntryValues(entry, mappedValue: input))
            }
            _ = try? FilterTemplate("(&(uid=\(text))(mail=*\(text)))").render(variables)
            _ = try? BindNameTemplate(text).render(variables)
            _ = try? AttributeMapping(text).evaluate(entry, &variables)
            _ = try? MailLocationTemplate(value: input).resolve(variables)
            _ = try? MailLocationTemplate(setting: text).resolve(variables)
        }
    }

    @Test func `values of a directory are taken or refused`() {
        for input in inputs(20_000) {
            _ = try? Quota(rule: input)
            _ = try? Quota(plain: input)
            _ = OwnerRules.number(input)
            _ = AddressBlock(String(decoding: input, as: UTF8.self))?.contains("192.0.2.1")
            _ = LoginNameRules().normalize(input, LoginVariables(user: input, service: "imap"))
        }
    }
}
