import LDAP

/// Which attributes of an entry an answer holds (RFC 4511 §4.5.1.8, RFC 3673 for `+`).
struct AttributeSelection {
    private let isSelected: [Bool]
    private let typesOnly: Bool

    init(_ request: SearchRequest, table: EntryTable, compiler: FilterCompiler) {
        typesOnly = request.typesOnly
        var isSelected = table.descriptors.map { _ in false }
        let names = request.attributes.isEmpty ? ["*"] : request.attributes
        for name in names {
            switch name {
            case "*":
                for index in isSelected.indices where !table.descriptors[index].type.isOperational {
                    isSelected[index] = true
                }
            case "+":
                for index in isSelected.indices where table.descriptors[index].type.isOperational {
                    isSelected[index] = true
                }
            case "1.1": break
            default:
                for index in compiler.matcher(AttributeDescription(name))?.descriptors ?? [] {
                    isSelected[index] = true
                }
            }
        }
        self.isSelected = isSelected
    }

    func entry(_ number: UInt32, of table: EntryTable) -> LDAPEntry {
        let row = table.entries[Int(number)]
        var attributes: [LDAPAttribute] = []
        for attribute in table.attributes[row.attributes] where isSelected[attribute.descriptor] {
            let values = typesOnly ? [] : table.values[attribute.values].map { Array(table[$0]) }
            attributes.append(LDAPAttribute(table.descriptors[attribute.descriptor].description, values))
        }
        return LDAPEntry(name: String(decoding: table[row.name], as: UTF8.self), attributes: attributes)
    }
}
