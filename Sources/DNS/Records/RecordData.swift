/// Reads the data of records in the form of RFC 1035, names in it uncompressed, as libunbound hands them out. Whatever is
/// no such record is nil; nothing is read beyond the end.
package enum RecordData {
    /// Four octets (RFC 1035 §3.4.1) or sixteen (RFC 3596 §2.2).
    package static func address(_ data: [UInt8], _ family: DNSAddress.Family) -> DNSAddress? {
        guard let address = DNSAddress(bytes: data), address.family == family else { return nil }
        return address
    }

    /// RFC 1035 §3.3.9
    package static func mailExchanger(_ data: [UInt8]) -> MailExchanger? {
        guard data.count > 2, let labels = labels(data[2...]) else { return nil }
        let preference = UInt16(data[0]) << 8 | UInt16(data[1])
        if labels.isEmpty { return MailExchanger(preference: preference, host: nil) }
        return name(labels).map { MailExchanger(preference: preference, host: $0) }
    }

    /// PTR and NS (RFC 1035 §3.3.12, §3.3.11). A name that no host can bear is none.
    package static func name(_ data: [UInt8]) -> DNSName? {
        labels(data[...]).flatMap { name($0) }
    }

    /// The strings of a TXT record, joined (RFC 1035 §3.3.14).
    package static func text(_ data: [UInt8]) -> [UInt8]? {
        guard !data.isEmpty else { return nil }
        var text: [UInt8] = []
        var rest = data[...]
        while let length = rest.popFirst() {
            guard rest.count >= Int(length) else { return nil }
            text += rest.prefix(Int(length))
            rest = rest.dropFirst(Int(length))
        }
        return text
    }

    /// RFC 6698 §2.1
    package static func tlsa(_ data: [UInt8]) -> TLSARecord? {
        guard data.count > 3 else { return nil }
        return TLSARecord(usage: data[0], selector: data[1], matching: data[2], data: Array(data[3...]))
    }

    /// Labels up to the root, which has to be the end; none for the root itself.
    private static func labels(_ data: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        var labels: [ArraySlice<UInt8>] = []
        var rest = data
        var length = 0
        while let count = rest.popFirst() {
            guard count > 0 else { return rest.isEmpty ? labels : nil }
            // The two upper bits would make it a pointer, which has nowhere to point.
            guard count <= DNSName.maximumLabelLength, rest.count >= Int(count) else { return nil }
            length += Int(count) + 1
            guard length <= DNSName.maximumLength + 1 else { return nil }
            labels.append(rest.prefix(Int(count)))
            rest = rest.dropFirst(Int(count))
        }
        return nil
    }

    private static func name(_ labels: [ArraySlice<UInt8>]) -> DNSName? {
        // A dot within a label would make two of it; other octets beyond ASCII are nobody's U-labels here.
        guard labels.allSatisfy({ $0.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: ".") } }) else { return nil }
        return DNSName(labels.joined(separator: [UInt8(ascii: ".")]))
    }
}
