/// `$argon2id$v=19$m=65536,t=3,p=1$salt$hash`, both in base 64 without padding: the form of libargon2 and libsodium.
struct Argon2Value {
    let parameters: Argon2Parameters
    let salt: [UInt8]
    let hash: [UInt8]

    init(parameters: Argon2Parameters, salt: [UInt8], hash: [UInt8]) {
        self.parameters = parameters
        self.salt = salt
        self.hash = hash
    }

    /// Nil for anything else, `$argon2d$` among it: it is not for passwords (RFC 9106 §4).
    init?(_ data: [UInt8]) {
        guard data.count <= 1024 else { return nil }
        var fields = data.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)[...]
        guard fields.popFirst()?.isEmpty == true, let name = fields.popFirst() else { return nil }
        let variant: Argon2Parameters.Variant
        if name.elementsEqual("argon2id".utf8) {
            variant = .id
        } else if name.elementsEqual("argon2i".utf8) {
            variant = .i
        } else {
            return nil
        }
        // Values of before version 19 don't name theirs.
        var version: UInt32 = 0x10
        if fields.count == 4 {
            guard let number = fields.popFirst().flatMap({ DecimalNumber.parse($0, after: "v=") }) else { return nil }
            guard number == 0x10 || number == 0x13 else { return nil }
            version = UInt32(number)
        }
        guard fields.count == 3, let costs = fields.popFirst(), let salt = fields.popFirst(),
            let hash = fields.popFirst()
        else { return nil }
        let numbers = costs.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard numbers.count == 3,
            let memory = DecimalNumber.parse(numbers[0], after: "m=").flatMap({ UInt32(exactly: $0) }),
            let passes = DecimalNumber.parse(numbers[1], after: "t=").flatMap({ UInt32(exactly: $0) }),
            let parallelism = DecimalNumber.parse(numbers[2], after: "p=").flatMap({ UInt32(exactly: $0) }),
            passes >= 1, parallelism >= 1, let salt = DigestEncoding.decodeBase64(Array(salt)),
            let hash = DigestEncoding.decodeBase64(Array(hash)), salt.count >= 8, (12...512).contains(hash.count)
        else { return nil }
        self.init(
            parameters: Argon2Parameters(
                variant: variant, version: version, memoryCost: memory, passes: passes, parallelism: parallelism),
            salt: salt, hash: hash)
    }

    var text: [UInt8] {
        func unpadded(_ bytes: [UInt8]) -> [UInt8] {
            DigestEncoding.encodeBase64(bytes).filter { $0 != UInt8(ascii: "=") }
        }
        let costs = "m=\(parameters.memoryCost),t=\(parameters.passes),p=\(parameters.parallelism)"
        return Array("$\(parameters.variant.name)$v=\(parameters.version)$\(costs)$".utf8) + unpadded(salt)
            + [UInt8(ascii: "$")] + unpadded(hash)
    }
}
