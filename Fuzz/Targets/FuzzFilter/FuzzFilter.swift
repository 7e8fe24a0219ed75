import FuzzSupport
import LDAP

/// RFC 4515 filters, strict and as libldap reads them. What is read and printed is the same filter when read again, and
/// values that come from outside never change its shape.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    let text = String(decoding: input.bytes, as: UTF8.self)
    for syntax in [LDAPFilterSyntax.rfc4515, .libldap] {
        guard let filter = try? LDAPFilter(parsing: text, syntax: syntax) else { continue }
        let printed = filter.description
        let again = try? LDAPFilter(parsing: printed, syntax: syntax)
        require(again == filter, "\(text) is printed as \(printed), which is another filter")
    }
    let value = LDAPFilter.equality("mail", input.bytes)
    require(
        (try? LDAPFilter(parsing: value.description, syntax: .rfc4515)) == value,
        "a value changed the shape of its filter: \(value)")
    return 0
}
