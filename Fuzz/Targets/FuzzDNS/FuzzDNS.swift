import DNS
import FuzzSupport

/// The data of records, and names: what a zone of somebody else's says, what a client calls a domain.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = FuzzInput(start, count).bytes
    if let name = RecordData.name(bytes) { check(name) }
    if let host = RecordData.mailExchanger(bytes)?.host { check(host) }
    if let text = RecordData.text(bytes) { require(text.count < bytes.count, "a text is longer than its record") }
    if let tlsa = RecordData.tlsa(bytes) { require(tlsa.data.count + 3 == bytes.count, "a TLSA record lost octets") }
    for family in DNSAddress.Family.allCases {
        guard let address = RecordData.address(bytes, family) else { continue }
        require(DNSAddress(address.description) == address, "\(address) is another address when read again")
        require(address.reverseName != nil, "\(address) has no reverse name")
    }
    if let name = DNSName(bytes) { check(name) }
    _ = DNSServerAddress(String(decoding: bytes, as: UTF8.self))
    return 0
}

private func check(_ name: DNSName) {
    require(DNSName(name.bytes) == name, "\(name) is another name when read again")
    require(name.description.utf8.count <= DNSName.maximumLength, "\(name) is too long")
    require(
        name.labels.allSatisfy { (1...DNSName.maximumLabelLength).contains($0.utf8.count) }, "\(name) has a bad label")
    let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789-_.".utf8)
    require(name.bytes.allSatisfy { allowed.contains($0) }, "\(name) holds another character")
}
