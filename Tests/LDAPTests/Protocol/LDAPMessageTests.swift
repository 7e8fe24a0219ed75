import LDAP
import NIOCore
import SwiftASN1
import Testing

@Suite struct LDAPMessageTests {
    @Test(arguments: MessageSamples.messages.indices)
    func `a message is decoded as it was encoded`(index: Int) throws {
        let message = MessageSamples.messages[index]
        #expect(try LDAPMessage(decoding: message.encoded) == message)
    }

    @Test(arguments: MessageSamples.messages.indices)
    func `another BER implementation reads the same elements`(index: Int) throws {
        let encoded = MessageSamples.messages[index].encoded
        var serializer = DER.Serializer()
        serializer.serialize(try BER.parse(encoded))
        // Definite lengths and integers are the shortest ones, so that its DER must be our BER.
        #expect(serializer.serializedBytes == encoded)
    }

    @Test func `a search request is the one that another implementation makes`() throws {
        let request = SearchRequest(
            base: "dc=example,dc=com",
            filter: .and([.present("objectClass"), .equality("mail", bytes("x@example.com"))]),
            attributes: ["maildrop"], sizeLimit: 1000, timeLimit: 10)
        var serializer = DER.Serializer()
        try serializer.appendConstructedNode(identifier: .sequence) { message in
            try message.serialize(77)
            try message.appendConstructedNode(identifier: .init(tagWithNumber: 3, tagClass: .application)) { search in
                try search.serialize(ASN1OctetString(contentBytes: Array("dc=example,dc=com".utf8)[...]))
                search.appendPrimitiveNode(identifier: .enumerated) { $0.append(2) }
                search.appendPrimitiveNode(identifier: .enumerated) { $0.append(0) }
                try search.serialize(1000)
                try search.serialize(10)
                try search.serialize(false)
                try search.appendConstructedNode(identifier: .init(tagWithNumber: 0, tagClass: .contextSpecific)) {
                    and in
                    and.appendPrimitiveNode(identifier: .init(tagWithNumber: 7, tagClass: .contextSpecific)) {
                        $0.append(contentsOf: "objectClass".utf8)
                    }
                    try and.appendConstructedNode(identifier: .init(tagWithNumber: 3, tagClass: .contextSpecific)) {
                        try $0.serialize(ASN1OctetString(contentBytes: Array("mail".utf8)[...]))
                        try $0.serialize(ASN1OctetString(contentBytes: Array("x@example.com".utf8)[...]))
                    }
                }
                try search.appendConstructedNode(identifier: .sequence) {
                    try $0.serialize(ASN1OctetString(contentBytes: Array("maildrop".utf8)[...]))
                }
            }
        }
        #expect(LDAPMessage(id: 77, operation: .searchRequest(request)).encoded == serializer.serializedBytes)
    }

    @Test(arguments: MessageSamples.messages.indices)
    func `a message that comes byte by byte is found when it is whole`(index: Int) throws {
        let message = MessageSamples.messages[index]
        let encoded = message.encoded
        guard encoded.count < 2000 else { return }
        var buffer = ByteBuffer()
        for byte in encoded.dropLast() {
            buffer.writeInteger(byte)
            #expect(try LDAPMessage(from: &buffer) == nil)
        }
        buffer.writeBytes(encoded.suffix(1) + [0x30])
        #expect(try LDAPMessage(from: &buffer) == message)
        #expect(buffer.readableBytes == 1)
    }

    @Test func `lengths with leading zeros and TRUE as 1 are taken, as some servers send them`() throws {
        let lax: [UInt8] = [
            0x30, 0x84, 0, 0, 0, 0x16, 2, 1, 5, 0x6C, 0x82, 0, 0x0F, 4, 4, 0x63, 0x6E, 0x3D, 0x78, 4, 4, 0x63, 0x6E,
            0x3D,
            0x79, 1, 1, 1,
        ]
        let message = try LDAPMessage(decoding: lax)
        #expect(
            message
                == LDAPMessage(
                    id: 5, operation: .modifyDNRequest(name: "cn=x", LDAPRename(newRDN: "cn=y", deletesOldRDN: true))))
    }

    @Test(
        arguments: [
            ([0x30, 0x80, 2, 1, 1], LDAPDecodingError.Reason.indefiniteLength),
            ([0x48, 0x54, 0x54, 0x50], .notAMessage(tag: 0x48)),
            ([0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF], .messageTooLarge(maximum: 1 << 24)),
            ([0x30, 0x88, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .lengthTooLarge),
            ([0x30, 5, 2, 1, 1, 0x65, 0x7F], .truncated), ([0x30, 3, 2, 1, 1], .truncated),
            ([0x30, 5, 2, 1, 0xFF, 0x42, 0], .badMessageID), ([0x30, 5, 2, 1, 1, 0x7F, 0], .unsupportedTag(0x7F)),
            ([0x30, 5, 2, 1, 1, 0x5E, 0], .unknownOperation(tag: 0x5E)),
        ] as [([UInt8], LDAPDecodingError.Reason)])
    func `what can't be a message is refused at once`(bytes: [UInt8], reason: LDAPDecodingError.Reason) {
        var buffer = ByteBuffer(bytes: bytes)
        #expect(throws: LDAPDecodingError(reason)) { try LDAPMessage(from: &buffer) }
    }

    @Test func `filters nested too deep are refused`() {
        var filter = LDAPFilter.present("a")
        for _ in 0..<100 { filter = .not(filter) }
        let message = LDAPMessage(id: 1, operation: .searchRequest(SearchRequest(base: "", filter: filter)))
        #expect(throws: LDAPDecodingError(.tooDeep(maximum: 100))) { try LDAPMessage(decoding: message.encoded) }
    }

    @Test func `passwords don't show in what is printed`() {
        let request = LDAPBindRequest(name: "cn=x", authentication: .simple("canary"))
        let message = LDAPMessage(id: 1, operation: .bindRequest(request))
        var dumped = ""
        dump(message, to: &dumped)
        #expect(!"\(message)\(String(reflecting: message))\(dumped)".contains("canary"))
        #expect(!dumped.contains("99"))
        let configuration = LDAPClientConfiguration(
            servers: [], identity: .simple(name: "cn=x", password: LDAPPassword("canary")))
        dump(configuration, to: &dumped)
        #expect(!"\(configuration)\(dumped)".contains("canary"))
        let change = PasswordModification(oldPassword: "canary", newPassword: "canary").request
        dumped = ""
        dump(change, to: &dumped)
        #expect(!"\(change)\(String(reflecting: change))\(dumped)".contains("99, 97, 110"))
        #expect(!dumped.contains("canary"))
        #expect(!dumped.contains("- 99"))
    }
}
