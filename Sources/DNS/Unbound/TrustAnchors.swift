import Glibc

/// A file of DS and DNSKEY records, one to a line, comments after `;`, as dns-root-data and `ldns-key2ds` write them.
/// Read here, as libunbound reads such files only at the first question, and says nothing of what is wrong with them.
struct TrustAnchors {
    let records: [String]

    private static let maximumSize = 1 << 20

    init(file: String) throws(UnboundFailure) {
        guard let stream = fopen(file, "re") else {
            throw UnboundFailure(description: "trust anchor \(file): \(String(cString: strerror(errno)))")
        }
        defer { fclose(stream) }
        var bytes = [UInt8](repeating: 0, count: Self.maximumSize + 1)
        let count = fread(&bytes, 1, bytes.count, stream)
        guard ferror(stream) == 0, count <= Self.maximumSize else {
            throw UnboundFailure(description: "trust anchor \(file): can't be read, or is larger than 1 MiB")
        }
        records = bytes.prefix(count).split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.compactMap {
            line in
            let record = line.prefix { $0 != UInt8(ascii: ";") }
            guard record.contains(where: { $0 > 0x20 }) else { return nil }
            return String(decoding: record, as: UTF8.self)
        }
        guard !records.isEmpty else { throw UnboundFailure(description: "trust anchor \(file): holds no record") }
    }
}
