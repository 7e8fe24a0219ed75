import FuzzSupport
import LDAP
import NIOCore

/// LDAPMessage (RFC 4511 §4.1.1): framing bounds what it reads, and what is decoded and encoded decodes to the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    guard let message = try? LDAPMessage(decoding: input.bytes) else { return 0 }
    let encoded = message.encoded
    let again = try? LDAPMessage(decoding: encoded)
    require(again?.encoded == encoded, "\(message) is another message when decoded again")
    return 0
}
