/// RFC 1320: for values that old systems left behind, never for new ones.
enum MD4 {
    static func digest(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = MessageBlocks.initialState
        for block in MessageBlocks.padded(message) { compress(&state, block) }
        return MessageBlocks.littleEndian(state)
    }

    private static func compress(_ state: inout [UInt32], _ words: [UInt32]) {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        for step in 0..<48 {
            let mixed: UInt32
            let index: Int
            switch step / 16 {
            case 0:
                mixed = (b & c) | (~b & d)
                index = step
            case 1:
                mixed = ((b & c) | (b & d) | (c & d)) &+ 0x5A82_7999
                index = step % 4 * 4 + step % 16 / 4
            default:
                mixed = (b ^ c ^ d) &+ 0x6ED9_EBA1
                index = order[step % 16]
            }
            let sum = a &+ mixed &+ words[index]
            let shift = shifts[step / 16][step % 4]
            (a, d, c, b) = (d, c, b, sum << shift | sum >> (32 - shift))
        }
        state = [state[0] &+ a, state[1] &+ b, state[2] &+ c, state[3] &+ d]
    }

    private static let order = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15]
    private static let shifts: [[UInt32]] = [[3, 7, 11, 19], [3, 5, 9, 13], [3, 9, 11, 15]]
}

/// What MD4 and MD5 have in common: how a message is padded and cut, and how a state is written.
enum MessageBlocks {
    static let initialState: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476]

    static func padded(_ message: [UInt8]) -> [[UInt32]] {
        var bytes = message + [0x80]
        bytes += Array(repeating: 0, count: (120 - bytes.count % 64) % 64)
        withUnsafeBytes(of: (UInt64(message.count) &* 8).littleEndian) { bytes += $0 }
        return stride(from: 0, to: bytes.count, by: 64).map { words(bytes[$0..<$0 + 64]) }
    }

    static func words(_ block: ArraySlice<UInt8>) -> [UInt32] {
        stride(from: block.startIndex, to: block.endIndex, by: 4).map { start in
            block[start..<start + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
    }

    static func littleEndian(_ state: [UInt32]) -> [UInt8] {
        state.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    }
}
