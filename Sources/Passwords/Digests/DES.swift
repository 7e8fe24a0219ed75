/// FIPS 46-3, one block, for LANMAN values only: bits in arrays, not made for speed.
enum DES {
    /// - Parameter key: seven octets, to which parity is not added.
    static func encrypt(_ block: [UInt8], key: [UInt8]) -> [UInt8] {
        // Each seven bits of the key become eight: the last, parity, is never looked at.
        let keyBits = Self.bits(key)
        var spread: [Bool] = []
        for start in stride(from: 0, to: 56, by: 7) { spread += keyBits[start..<start + 7] + [false] }
        var keyState = permutedChoice1.map { spread[$0 - 1] }
        let blockBits = Self.bits(block)
        let input = initialPermutation.map { blockBits[$0 - 1] }
        var left = Array(input[..<32])
        var right = Array(input[32...])
        for shift in shifts {
            keyState = rotated(keyState[..<28], by: shift) + rotated(keyState[28...], by: shift)
            let roundKey = permutedChoice2.map { keyState[$0 - 1] }
            let mixed = zip(function(right, roundKey), left).map { $0 != $1 }
            (left, right) = (right, mixed)
        }
        var output = Array(repeating: false, count: 64)
        for (number, bit) in zip(initialPermutation, right + left) { output[number - 1] = bit }
        return stride(from: 0, to: 64, by: 8).map { start in
            output[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
    }

    private static func bits(_ bytes: [UInt8]) -> [Bool] {
        let places: [UInt8] = [128, 64, 32, 16, 8, 4, 2, 1]
        return bytes.flatMap { byte in places.map { byte & $0 != 0 } }
    }

    private static func rotated(_ half: ArraySlice<Bool>, by count: Int) -> [Bool] {
        Array(half.dropFirst(count) + half.prefix(count))
    }

    private static func function(_ right: [Bool], _ key: [Bool]) -> [Bool] {
        var output: [Bool] = []
        for (box, substitution) in substitutions.enumerated() {
            // Six bits of the right half, the outer two shared with the neighbours.
            var six = 0
            for position in 0..<6 {
                let bit = right[(box * 4 + position + 31) % 32] != key[box * 6 + position]
                six = six << 1 | (bit ? 1 : 0)
            }
            let row = ((six >> 4) & 2) | (six & 1)
            let column = (six >> 1) & 15
            let value = substitution[row * 16 + column]
            for place in [8, 4, 2, 1] { output.append(value & place != 0) }
        }
        return permutation.map { output[$0 - 1] }
    }

    private static let initialPermutation: [Int] = [58, 60, 62, 64, 57, 59, 61, 63].flatMap { (first: Int) -> [Int] in
        (0..<8).map { first - 8 * $0 }
    }
    private static let shifts = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1]
    private static let permutedChoice1 = [
        57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
        63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
    ]
    private static let permutedChoice2 = [
        14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
        41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
    ]
    private static let permutation = [
        16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11,
        4, 25,
    ]
    private static let substitutions: [[Int]] = [
        [
            14, 4, 13, 1, 2, 15, 11, 8, 3, 10, 6, 12, 5, 9, 0, 7, 0, 15, 7, 4, 14, 2, 13, 1, 10, 6, 12, 11, 9, 5, 3, 8,
            4, 1, 14, 8, 13, 6, 2, 11, 15, 12, 9, 7, 3, 10, 5, 0, 15, 12, 8, 2, 4, 9, 1, 7, 5, 11, 3, 14, 10, 0, 6, 13,
        ],
        [
            15, 1, 8, 14, 6, 11, 3, 4, 9, 7, 2, 13, 12, 0, 5, 10, 3, 13, 4, 7, 15, 2, 8, 14, 12, 0, 1, 10, 6, 9, 11, 5,
            0, 14, 7, 11, 10, 4, 13, 1, 5, 8, 12, 6, 9, 3, 2, 15, 13, 8, 10, 1, 3, 15, 4, 2, 11, 6, 7, 12, 0, 5, 14, 9,
        ],
        [
            10, 0, 9, 14, 6, 3, 15, 5, 1, 13, 12, 7, 11, 4, 2, 8, 13, 7, 0, 9, 3, 4, 6, 10, 2, 8, 5, 14, 12, 11, 15, 1,
            13, 6, 4, 9, 8, 15, 3, 0, 11, 1, 2, 12, 5, 10, 14, 7, 1, 10, 13, 0, 6, 9, 8, 7, 4, 15, 14, 3, 11, 5, 2, 12,
        ],
        [
            7, 13, 14, 3, 0, 6, 9, 10, 1, 2, 8, 5, 11, 12, 4, 15, 13, 8, 11, 5, 6, 15, 0, 3, 4, 7, 2, 12, 1, 10, 14, 9,
            10, 6, 9, 0, 12, 11, 7, 13, 15, 1, 3, 14, 5, 2, 8, 4, 3, 15, 0, 6, 10, 1, 13, 8, 9, 4, 5, 11, 12, 7, 2, 14,
        ],
        [
            2, 12, 4, 1, 7, 10, 11, 6, 8, 5, 3, 15, 13, 0, 14, 9, 14, 11, 2, 12, 4, 7, 13, 1, 5, 0, 15, 10, 3, 9, 8, 6,
            4, 2, 1, 11, 10, 13, 7, 8, 15, 9, 12, 5, 6, 3, 0, 14, 11, 8, 12, 7, 1, 14, 2, 13, 6, 15, 0, 9, 10, 4, 5, 3,
        ],
        [
            12, 1, 10, 15, 9, 2, 6, 8, 0, 13, 3, 4, 14, 7, 5, 11, 10, 15, 4, 2, 7, 12, 9, 5, 6, 1, 13, 14, 0, 11, 3, 8,
            9, 14, 15, 5, 2, 8, 12, 3, 7, 0, 4, 10, 1, 13, 11, 6, 4, 3, 2, 12, 9, 5, 15, 10, 11, 14, 1, 7, 6, 0, 8, 13,
        ],
        [
            4, 11, 2, 14, 15, 0, 8, 13, 3, 12, 9, 7, 5, 10, 6, 1, 13, 0, 11, 7, 4, 9, 1, 10, 14, 3, 5, 12, 2, 15, 8, 6,
            1, 4, 11, 13, 12, 3, 7, 14, 10, 15, 6, 8, 0, 5, 9, 2, 6, 11, 13, 8, 1, 4, 10, 7, 9, 5, 0, 15, 14, 2, 3, 12,
        ],
        [
            13, 2, 8, 4, 6, 15, 11, 1, 10, 9, 3, 14, 5, 0, 12, 7, 1, 15, 13, 8, 10, 3, 7, 4, 12, 5, 6, 11, 0, 14, 9, 2,
            7, 11, 4, 1, 9, 12, 14, 2, 0, 6, 10, 13, 15, 3, 5, 8, 2, 1, 14, 7, 4, 10, 8, 13, 15, 12, 9, 0, 3, 5, 6, 11,
        ],
    ]
}
