import Glibc

/// The two halves of HMAC-MD5 behind its key (RFC 2104), as CRAM-MD5 keeps them: MD5's state after one block, which the
/// digest functions of libraries don't show.
enum MD5State {
    /// The outer state, then the inner.
    static func ofAuthenticationKey(_ password: [UInt8]) -> [UInt8] {
        var key = password.count > 64 ? PasswordDigest.md5.digest(password, salt: []) : password
        key += Array(repeating: 0, count: 64 - key.count)
        return [UInt8(0x5C), 0x36].flatMap { pad in
            MessageBlocks.littleEndian(
                compress(MessageBlocks.initialState, MessageBlocks.words(key.map { $0 ^ pad }[...])))
        }
    }

    /// RFC 1321 §3.4.
    private static func compress(_ state: [UInt32], _ words: [UInt32]) -> [UInt32] {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        for step in 0..<64 {
            let mixed: UInt32
            let index: Int
            switch step / 16 {
            case 0:
                mixed = (b & c) | (~b & d)
                index = step
            case 1:
                mixed = (d & b) | (~d & c)
                index = (5 * step + 1) % 16
            case 2:
                mixed = b ^ c ^ d
                index = (3 * step + 5) % 16
            default:
                mixed = c ^ (b | ~d)
                index = 7 * step % 16
            }
            let sum = a &+ mixed &+ constants[step] &+ words[index]
            let shift = shifts[step / 16][step % 4]
            (a, d, c, b) = (d, c, b, b &+ (sum << shift | sum >> (32 - shift)))
        }
        return [state[0] &+ a, state[1] &+ b, state[2] &+ c, state[3] &+ d]
    }

    private static let shifts: [[UInt32]] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]]
    private static let constants: [UInt32] = (1...64).map { UInt32(abs(sin(Double($0))) * 4_294_967_296) }
}
