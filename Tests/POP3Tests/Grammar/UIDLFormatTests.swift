import Testing

@testable import POP3

@Suite struct `A format of unique ids` {
    private let values = UIDLFormat.Values(
        uid: 255, uidValidity: 1_795_224_813, fileName: Array("1795224813.M637916P24075.vm,S=30,W=34".utf8),
        guid: Array("0123456789abcdef0123456789abcdef".utf8))

    // What Dovecot 2.3 makes of them: tried in DovecotComparisonTests with a running one.
    @Test(arguments: [
        ("%08Xu%08Xv", "000000ff6b00f4ed"), ("%v.%u", "1795224813.255"), ("%v-%u", "1795224813-255"),
        ("%f", "1795224813.M637916P24075.vm,S=30,W=34"), ("%g", "0123456789abcdef0123456789abcdef"),
        ("UID%u-%v", "UID255-1795224813"), ("%Xu", "ff"), ("%4g%u", "0123255"),
        ("%Ug", "0123456789ABCDEF0123456789ABCDEF"),
        ("%Ru", "552"), ("%%%u", "%255"), ("%{uid}.%{uidvalidity}", "255.1795224813"),
        ("%{uid | hex(8)}%{uidvalidity | hex(8)}", "000000ff6b00f4ed"),
        ("%Mu", "fe131d7f5a6b38b23cc967316c13dae2"),
    ])
    func `is followed`(_ format: String, _ expected: String) throws {
        #expect(String(decoding: try UIDLFormat(format).expanded(values) ?? [], as: UTF8.self) == expected)
    }

    @Test(arguments: [
        "", "x", "%v", "%z", "%", "%08", "%{nothing}", "%999u", "%u %v", "%9999999999999999999999u", "%{uid",
    ])
    func `is refused where it can't name messages`(_ format: String) {
        #expect(throws: UIDLFormat.Mistake.self) { try UIDLFormat(format) }
    }

    @Test func `gives nothing where the store lacks what it asks for`() throws {
        #expect(try UIDLFormat("%f").expanded(UIDLFormat.Values(uid: 1, uidValidity: 2)) == nil)
    }
}
