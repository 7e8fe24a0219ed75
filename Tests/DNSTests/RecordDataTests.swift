import DNS
import Testing

@Suite struct RecordDataTests {
    @Test func `names of well-formed records are read`() {
        #expect(RecordData.name([1, 0x41, 2, 0x62, 0x63, 0])?.description == "a.bc")
        #expect(RecordData.mailExchanger([0, 10, 1, 0x61, 0]) == MailExchanger(preference: 10, host: DNSName("a")))
        #expect(RecordData.mailExchanger([1, 2, 0]) == MailExchanger(preference: 258, host: nil))
        #expect(RecordData.text([2, 0x61, 0x62, 0, 1, 0]) == [0x61, 0x62, 0])
        #expect(RecordData.tlsa([3, 1, 1, 9]) == TLSARecord(usage: 3, selector: 1, matching: 1, data: [9]))
    }

    @Test(
        arguments: [
            [], [0], [1], [3, 0x61, 0x62], [1, 0x61], [0xC0, 0], [0xC0], [0x40, 0x61, 0], [1, 0x61, 0, 0],
            [1, 0x2E, 0],
            [1, 0x00, 0], [1, 0x0A, 0], [1, 0x20, 0], [1, 0xC3, 0], [2, 0xC3, 0xA4, 0], [1, 0x2F, 0],
            Array([[63], Array(repeating: 0x61, count: 63)].joined()),
            Array(repeatElement([1, 0x61] as [UInt8], count: 128).joined()) + [0],
            Array(repeating: 0xFF, count: 70_000),
        ] as [[UInt8]])
    func `data that are no name are none`(_ data: [UInt8]) {
        #expect(RecordData.name(data) == nil)
        if data != [0] { #expect(RecordData.mailExchanger([0, 1] + data) == nil) }
    }

    @Test func `data that are cut off or too long are no record`() {
        #expect(RecordData.mailExchanger([]) == nil)
        #expect(RecordData.mailExchanger([0]) == nil)
        #expect(RecordData.mailExchanger([0, 1]) == nil)
        #expect(RecordData.text([]) == nil)
        #expect(RecordData.text([2, 0x61]) == nil)
        #expect(RecordData.text([1, 0x61, 255]) == nil)
        #expect(RecordData.tlsa([]) == nil)
        #expect(RecordData.tlsa([3, 1, 1]) == nil)
        #expect(RecordData.address([1, 2, 3], .v4) == nil)
        #expect(RecordData.address([1, 2, 3, 4, 5], .v4) == nil)
        #expect(RecordData.address([1, 2, 3, 4], .v6) == nil)
        #expect(RecordData.address([UInt8](repeating: 0, count: 16), .v4) == nil)
    }
}
