import FuzzSupport
import LDAP

/// RFC 4514 distinguished names and RFC 4516 URLs: what is read and printed is the same when read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    if let name = try? DistinguishedName(parsing: input.bytes) {
        let again = try? DistinguishedName(parsing: name.description)
        require(again == name, "\(name) is another name when read again")
        let child = name.appending("cn", input.bytes)
        let childAgain = try? DistinguishedName(parsing: child.description)
        require(childAgain == child, "a value changed the shape of its name: \(child)")
    }
    if let url = try? LDAPURL(parsing: input.bytes) {
        let again = try? LDAPURL(parsing: url.description)
        require(again == url, "\(url) is another URL when read again")
    }
    return 0
}
