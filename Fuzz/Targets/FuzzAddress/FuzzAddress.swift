import FuzzSupport
import LookupTables
import MailModel
import Routing
import SMTP

/// Addresses: alias values (RFC 5322), paths of MAIL and RCPT (RFC 5321), and the quoting that leads from one to the
/// other without becoming another address.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    for element in AddressList(input.bytes).elements {
        guard case .address(let address) = element else { continue }
        check(address)
    }
    if let address = EmailAddress(unquoted: input.bytes) { check(address) }

    var rest = input.bytes[...]
    if let path = SMTPPath.parse(&rest), let address = path.address(origin: nil) { check(address) }

    let shown = VisibleText.escaped(input.bytes)
    require(
        !shown.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }, "a control is shown")
    return 0
}

private func check(_ address: EmailAddress) {
    let list = AddressList(address.quoted).elements
    // Controls may stand in a local part that a table gives; no grammar writes them.
    guard !address.localPart.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return }
    require(list == [.address(address)], "\(address) is \(list) when read again")
    var path = [UInt8(ascii: "<")] + address.quoted + [UInt8(ascii: ">")]
    var rest = path[...]
    if let again = SMTPPath.parse(&rest)?.address(origin: nil) {
        require(again == address, "\(address) is \(again) in a path")
    }
    path.removeAll()
}
