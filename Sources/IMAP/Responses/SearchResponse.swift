import MailModel
import NIOCore

/// How the results of searches are written.
enum SearchResponse {
    /// mailbox-data =/ "SEARCH" *(SP nz-number) / "SORT" *(SP nz-number) ; with SP "(" "MODSEQ" SP mod-sequence-value ")"
    /// behind what a search by MODSEQ found (RFC 7162 §3.1.5, §3.1.6)
    static func writeList(
        _ name: StaticString, _ numbers: [UInt32], modSeq: UInt64?, to output: inout ByteBuffer
    ) {
        output.writeStaticString("* ")
        output.writeStaticString(name)
        for number in numbers { output.writeString(" \(number)") }
        if let modSeq { output.writeString(" (MODSEQ \(modSeq))") }
        output.writeStaticString("\r\n")
    }

    /// esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data) (RFC 4466 §2.6.2). `numbers` are in
    /// the result's order: ascending for SEARCH, sorted for SORT.
    static func writeExtended(
        _ returns: SearchReturn, _ numbers: [UInt32], correlator: SearchCorrelator, byUID: Bool,
        modSeq: UInt64? = nil, to output: inout ByteBuffer
    ) {
        correlator.write(to: &output)
        if byUID { output.writeStaticString(" UID") }
        let options = returns.options
        // RFC 4731 §3.1: of nothing found MIN, MAX and ALL are left out; RETURN () is RETURN (ALL).
        if let first = numbers.first, let last = numbers.last {
            if options.contains(.min) { output.writeString(" MIN \(first)") }
            if options.contains(.max) { output.writeString(" MAX \(last)") }
            let isPlain = returns.partial == nil && options.isDisjoint(with: [.min, .max, .count, .all, .save])
            if options.contains(.all) || isPlain { output.writeString(" ALL \(UIDSet.text(numbers))") }
        }
        if let partial = returns.partial {
            let part = partial.indexes(count: numbers.count).map { UIDSet.text(Array(numbers[$0])) }
            output.writeString(" PARTIAL (\(partial.text) \(part ?? "NIL"))")
        }
        if options.contains(.count) { output.writeString(" COUNT \(numbers.count)") }
        if let modSeq { output.writeString(" MODSEQ \(modSeq)") }
        output.writeStaticString("\r\n")
    }
}

/// Which search a response belongs to, and which mailbox.
struct SearchCorrelator: Sendable {
    var tag: [UInt8]
    /// The mailbox's name on the wire and its UIDVALIDITY, for the results of ESEARCH (RFC 7377 §2.1).
    var mailbox: (name: [UInt8], uidValidity: UInt32)?

    /// search-correlator = SP "(" "TAG" SP tag-string [SP "MAILBOX" SP mailbox SP "UIDVALIDITY" SP nz-number] ")"
    func write(to output: inout ByteBuffer) {
        output.writeStaticString("* ESEARCH (TAG ")
        ResponseText.appendQuoted(tag, to: &output)
        if let mailbox {
            output.writeStaticString(" MAILBOX ")
            ResponseText.appendMailbox(mailbox.name, to: &output)
            output.writeString(" UIDVALIDITY \(mailbox.uidValidity)")
        }
        output.writeStaticString(")")
    }
}
