/// What a value for crypt(3) says about its own cost: `prefix` is everything before the salt.
///
/// A directory value may ask for any amount of work; `isAffordable` refuses what would keep a thread or the memory busy
/// beyond `PasswordWorkLimits`.
struct CryptSetting: Hashable, Sendable {
    enum Method: Hashable, Sendable {
        case des
        case extendedDES(rounds: UInt64)
        case md5
        case sunMD5(rounds: UInt64)
        case sha1(rounds: UInt64)
        case sha2(rounds: UInt64)
        case blowfish(cost: UInt64)
        /// yescrypt, gost-yescrypt and scrypt: 128 · N · r bytes of memory, p times.
        case scrypt(memory: UInt64, parallelism: UInt64)
        case ntHash
    }

    let method: Method
    let prefix: [UInt8]

    /// Nil for what no method of libxcrypt begins with.
    init?(_ value: [UInt8]) {
        guard let first = value.first else { return nil }
        if first == UInt8(ascii: "_") {
            // "_" 4*rounds 4*salt 11*hash, least significant digit first.
            guard value.count >= 9, let rounds = Self.number(value[1..<5]) else { return nil }
            self.init(.extendedDES(rounds: rounds), Array(value[..<5]))
            return
        }
        guard first == UInt8(ascii: "$") else {
            // 2*salt 1*16( 11*hash ), one hash for each eight octets of the password; more than one is bigcrypt, which is
            // what slappasswd makes by default.
            guard value.count >= 13, value.count <= 178, (value.count - 2).isMultiple(of: 11),
                value.allSatisfy({ Self.digit($0) != nil })
            else { return nil }
            self.init(.des, [])
            return
        }
        // "$" id "$" [ parameters "$" ] salt "$" hash
        let fields = value.dropFirst().split(
            separator: UInt8(ascii: "$"), maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count >= 2 else { return nil }
        let id = String(decoding: fields[0], as: UTF8.self)
        let parameters = fields[1]
        let upToParameters = Array(value[..<parameters.startIndex])
        let withParameters = Array(value[..<parameters.endIndex]) + [UInt8(ascii: "$")]
        switch id {
        case "1": self.init(.md5, upToParameters)
        case "3": self.init(.ntHash, upToParameters)
        case "5", "6":
            guard let rounds = DecimalNumber.parse(parameters, after: "rounds=") else {
                self.init(.sha2(rounds: 5000), upToParameters)
                return
            }
            self.init(.sha2(rounds: rounds), withParameters)
        case "2", "2a", "2b", "2x", "2y":
            guard parameters.count == 2, let cost = DecimalNumber.parse(parameters) else { return nil }
            self.init(.blowfish(cost: cost), withParameters)
        case "y", "gy":
            guard let memory = Self.yescryptMemory(parameters) else { return nil }
            self.init(.scrypt(memory: memory, parallelism: 1), withParameters)
        case "7":
            // "$7$" N 5*r 5*p salt "$" hash
            guard parameters.count >= 11, let exponent = parameters.first.flatMap(Self.digit) else { return nil }
            let start = parameters.startIndex
            guard let r = Self.number(parameters[(start + 1)..<(start + 6)]),
                let p = Self.number(parameters[(start + 6)..<(start + 11)])
            else { return nil }
            self.init(
                .scrypt(memory: Self.memory(exponent: exponent, r: r), parallelism: p), Array(value[..<(start + 11)]))
        case "sha1":
            guard let rounds = DecimalNumber.parse(parameters) else { return nil }
            self.init(.sha1(rounds: rounds), withParameters)
        case _ where id == "md5" || id.hasPrefix("md5,"):
            let rounds = DecimalNumber.parse(fields[0], after: "md5,rounds=") ?? 0
            self.init(.sunMD5(rounds: rounds), upToParameters)
        default: return nil
        }
    }

    private init(_ method: Method, _ prefix: [UInt8]) {
        self.method = method
        self.prefix = prefix
    }

    func isAffordable(_ limits: PasswordWorkLimits) -> Bool {
        switch method {
        case .des, .md5, .ntHash: true
        case .extendedDES(let rounds): rounds <= limits.rounds / 4
        case .sunMD5(let rounds), .sha1(let rounds), .sha2(let rounds): rounds <= limits.rounds
        case .blowfish(let cost): cost <= limits.blowfishCost
        case .scrypt(let memory, let parallelism): memory <= limits.memory && parallelism <= 4
        }
    }

    /// Bytes that are taken while it is hashed.
    var memory: UInt64 {
        if case .scrypt(let memory, _) = method { memory } else { 0 }
    }

    /// A setting that costs the same with a salt of no one's: what unknown users are checked against.
    var withoutOwner: [UInt8] {
        switch method {
        case .des: Array("..".utf8)
        case .extendedDES: prefix + Array("....".utf8)
        case .blowfish: prefix + Array(repeating: UInt8(ascii: "."), count: 22)
        case .md5, .sunMD5, .sha1, .sha2, .scrypt: prefix + Array("........$".utf8)
        case .ntHash: prefix + Array("$".utf8)
        }
    }

    /// `N` and `r` of `$y$FNr$`: flavour, then the binary logarithm of N less one, then r less one, each one digit in
    /// every setting that `crypt_gensalt` makes. Further parameters (more time, more threads) are not accepted.
    private static func yescryptMemory(_ parameters: ArraySlice<UInt8>) -> UInt64? {
        let digits = parameters.compactMap(digit)
        guard parameters.count == 3, digits.count == 3, digits.allSatisfy({ $0 < 48 }) else { return nil }
        return memory(exponent: digits[1] + 1, r: digits[2] + 1)
    }

    private static func memory(exponent: UInt64, r: UInt64) -> UInt64 {
        guard exponent < 40, r < 1 << 16 else { return .max }
        return 128 * r << exponent
    }

    /// The digits of crypt(3): `./0-9A-Za-z`.
    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "."): 0
        case UInt8(ascii: "/"): 1
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0")) + 2
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt64(byte - UInt8(ascii: "A")) + 12
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt64(byte - UInt8(ascii: "a")) + 38
        default: nil
        }
    }

    /// At most five digits of crypt(3), least significant first.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for byte in bytes.reversed() {
            guard let digit = digit(byte) else { return nil }
            number = number << 6 | digit
        }
        return number
    }
}
