import CUnbound

/// What libunbound said to one question, copied out of its memory.
enum UnboundAnswer: Sendable {
    case result(Result)
    case failed(String)

    struct Result: Sendable {
        var data: [[UInt8]]
        var canonicalName: [UInt8]?
        /// RFC 1035 §4.1.1
        var responseCode: Int
        var nameExists: Bool
        var isSecure: Bool
        /// Nil unless the answer is bogus.
        var whyBogus: String?
        var timeToLive: Int
    }

    /// Takes at most `maximumRecords`.
    init(_ result: ub_result, maximumRecords: Int) {
        var data: [[UInt8]] = []
        if result.havedata != 0, let items = result.data, let lengths = result.len {
            for index in 0..<maximumRecords {
                guard let item = items[index] else { break }
                let count = Int(lengths[index])
                guard (0...0xFFFF).contains(count) else { break }
                data.append(Array(UnsafeRawBufferPointer(start: item, count: count)))
            }
        }
        let whyBogus = result.bogus == 0 ? nil : result.why_bogus.map { String(cString: $0) } ?? "not validated"
        self = .result(
            Result(
                data: data, canonicalName: result.canonname.map { Array(String(cString: $0).utf8) },
                responseCode: Int(result.rcode), nameExists: result.nxdomain == 0,
                isSecure: result.secure != 0, whyBogus: whyBogus, timeToLive: Int(result.ttl)))
    }

    /// The answer in the terms of the room; `record` is nil for data that are no such record.
    func answer<Record>(to name: DNSName, _ record: ([UInt8]) -> Record?) -> DNSAnswer<Record> {
        switch self {
        case .failed(let reason): return .unavailable(reason: "\(name): \(reason)")
        case .result(let result): return result.answer(to: name, record)
        }
    }
}

extension UnboundAnswer.Result {
    private static let nxDomain = 3

    func answer<Record>(to name: DNSName, _ record: ([UInt8]) -> Record?) -> DNSAnswer<Record> {
        if let whyBogus {
            return .unavailable(reason: "\(name): not valid by DNSSEC: \(Self.visible(whyBogus))")
        }
        guard responseCode == 0 || responseCode == Self.nxDomain else {
            return .unavailable(reason: "\(name): \(Self.responseCodeText(responseCode))")
        }
        guard !data.isEmpty else { return .absent(nameExists: nameExists, isSecure: isSecure) }
        let records = data.compactMap(record)
        // "No records" would be a claim about the zone: of an MX it makes the domain its own mail server.
        guard !records.isEmpty else { return .unavailable(reason: "\(name): none of its records can be read") }
        var canonical = name
        if let canonicalName {
            guard let target = DNSName(target: canonicalName) else {
                return .unavailable(reason: "\(name): an alias of a name that can't be read")
            }
            canonical = target
        }
        return .found(
            DNSRecords(
                records: records, canonicalName: canonical, isSecure: isSecure, isAlias: canonical != name,
                timeToLive: .seconds(max(0, timeToLive))))
    }

    private static func responseCodeText(_ code: Int) -> String {
        switch code {
        case 1: "the name server doesn't understand the question (FORMERR)"
        case 2: "no name server answers (SERVFAIL)"
        case 4: "the name server doesn't know such questions (NOTIMP)"
        case 5: "the name server refuses to answer (REFUSED)"
        default: "the name server answers with code \(code)"
        }
    }

    /// Names that zones chose may be in it.
    private static func visible(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(400).map { (0x20...0x7E).contains($0.value) ? $0 : "?" }))
    }
}
