/// The application tags of RFC 4511 §4.2 to §4.13.
enum OperationTag {
    static let bindRequest: UInt8 = 0x60
    static let bindResponse: UInt8 = 0x61
    static let unbindRequest: UInt8 = 0x42
    static let searchRequest: UInt8 = 0x63
    static let searchResultEntry: UInt8 = 0x64
    static let searchResultDone: UInt8 = 0x65
    static let modifyRequest: UInt8 = 0x66
    static let modifyResponse: UInt8 = 0x67
    static let addRequest: UInt8 = 0x68
    static let addResponse: UInt8 = 0x69
    static let deleteRequest: UInt8 = 0x4A
    static let deleteResponse: UInt8 = 0x6B
    static let modifyDNRequest: UInt8 = 0x6C
    static let modifyDNResponse: UInt8 = 0x6D
    static let compareRequest: UInt8 = 0x6E
    static let compareResponse: UInt8 = 0x6F
    static let abandonRequest: UInt8 = 0x50
    static let searchResultReference: UInt8 = 0x73
    static let extendedRequest: UInt8 = 0x77
    static let extendedResponse: UInt8 = 0x78
    static let intermediateResponse: UInt8 = 0x79
}
