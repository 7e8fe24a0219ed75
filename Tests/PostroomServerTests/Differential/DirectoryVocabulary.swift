import LDAP
import PostroomTesting

/// What occurs in a sample directory: the material that keys and tables are made of.
struct DirectoryVocabulary {
    private(set) var values: [String] = []
    private(set) var addresses: [String] = []
    private(set) var domains: [String] = []
    private(set) var names: [String] = []
    /// Attributes, those that hold names of entries apart.
    private(set) var attributes: [String] = []
    private(set) var nameAttributes: [String] = []
    /// Names of entries that have others below them.
    private(set) var bases: [String] = []

    init(_ sample: SampleDirectory) throws {
        var seen: Set<String> = []
        func isNew(_ kind: String, _ text: String) -> Bool { seen.insert("\(kind) \(text)").inserted }
        for case .entry(let entry) in try LDIFReader.records(of: Array(sample.ldif.utf8)) {
            names.append(entry.name)
            if let comma = entry.name.firstIndex(of: ",") {
                let parent = String(entry.name[entry.name.index(after: comma)...])
                if parent.lowercased().hasSuffix(sample.suffix.lowercased()), isNew("base", parent.lowercased()) {
                    bases.append(parent)
                }
            }
            for value in entry.values {
                let text = String(decoding: value.value, as: UTF8.self)
                let attribute = value.attribute.spelling
                let isName = text.lowercased().hasSuffix("," + sample.suffix.lowercased())
                if isNew("attribute", attribute.lowercased() + (isName ? " name" : "")) {
                    if isName { nameAttributes.append(attribute) } else { attributes.append(attribute) }
                }
                guard attribute.lowercased() != "objectclass", !text.contains("\n"), text.utf8.count < 200,
                    isNew("value", text)
                else { continue }
                values.append(text)
                guard let at = text.lastIndex(of: "@") else { continue }
                addresses.append(text)
                for part in [String(text[..<at]), String(text[text.index(after: at)...])] where isNew("value", part) {
                    values.append(part)
                }
                let domain = String(text[text.index(after: at)...])
                if isNew("domain", domain) { domains.append(domain) }
            }
        }
        if bases.isEmpty { bases = [sample.suffix] }
        if domains.isEmpty { domains = ["example.org"] }
        if addresses.isEmpty { addresses = ["postmaster@\(domains[0])"] }
    }
}
