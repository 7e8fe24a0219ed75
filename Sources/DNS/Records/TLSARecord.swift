/// What a server's certificate has to match (RFC 6698 §2.1). The numbers are those of the record: whoever uses them decides
/// which of them can be used.
package struct TLSARecord: Hashable, Sendable {
    package var usage: UInt8
    package var selector: UInt8
    package var matching: UInt8
    package var data: [UInt8]

    package init(usage: UInt8, selector: UInt8, matching: UInt8, data: [UInt8]) {
        self.usage = usage
        self.selector = selector
        self.matching = matching
        self.data = data
    }
}
