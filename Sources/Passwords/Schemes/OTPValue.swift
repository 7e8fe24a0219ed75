/// The last one-time password of RFC 2289 that was used: `algorithm sequence seed hex`. The pass phrase behind it is
/// known by making the same one again.
struct OTPValue {
    enum Algorithm: String {
        case md4
        case md5
        case sha1
    }

    /// Dovecot begins at 1024, and hashing is cheap.
    static let mostRounds: UInt64 = 100_000

    let algorithm: Algorithm
    let sequence: UInt64
    let seed: [UInt8]
    let result: [UInt8]

    init?(_ data: [UInt8]) {
        let fields = data.split(separator: 0x20, omittingEmptySubsequences: false)
        guard fields.count == 4, let algorithm = Algorithm(rawValue: String(decoding: fields[0], as: UTF8.self)),
            let sequence = DecimalNumber.parse(fields[1]), sequence <= Self.mostRounds,
            // RFC 2289 §6.0: 1 to 16 letters and digits, whose case does not matter.
            (1...16).contains(fields[2].count), fields[2].allSatisfy(Self.isAlphanumeric),
            let result = DigestEncoding.decodeHexadecimal(Array(fields[3])), result.count == 8
        else { return nil }
        self.algorithm = algorithm
        self.sequence = sequence
        self.seed = fields[2].map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
        self.result = result
    }

    init(_ password: [UInt8], sequence: UInt64, seed: [UInt8], algorithm: Algorithm = .sha1) {
        self.algorithm = algorithm
        self.sequence = sequence
        self.seed = seed
        var value = algorithm.fold(seed + password)
        var round: UInt64 = 0
        while round < sequence {
            value = algorithm.fold(value)
            round += 1
        }
        self.result = value
    }

    func isMade(of password: [UInt8]) -> Bool {
        equalInConstantTime(
            OTPValue(password, sequence: sequence, seed: seed, algorithm: algorithm).result, result)
    }

    var text: [UInt8] {
        Array("\(algorithm.rawValue) \(sequence) ".utf8) + seed + [0x20] + DigestEncoding.encodeHexadecimal(result)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }
}

extension OTPValue.Algorithm {
    /// RFC 2289 appendix A: the digest folded to 64 bits.
    func fold(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .md4: Self.halves(MD4.digest(bytes))
        case .md5: Self.halves(PasswordDigest.md5.digest(bytes, salt: []))
        case .sha1: Self.words(PasswordDigest.sha1.digest(bytes, salt: []))
        }
    }

    private static func halves(_ digest: [UInt8]) -> [UInt8] {
        zip(digest.prefix(8), digest.dropFirst(8)).map { $0 ^ $1 }
    }

    /// The five words of SHA-1 to two, each then written from its least octet.
    private static func words(_ digest: [UInt8]) -> [UInt8] {
        let words = stride(from: 0, to: 20, by: 4).map { start in
            digest.dropFirst(start).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        guard words.count == 5 else { return [] }
        return [words[0] ^ words[2] ^ words[4], words[1] ^ words[3]].flatMap { word in
            withUnsafeBytes(of: word.littleEndian) { Array($0) }
        }
    }
}
