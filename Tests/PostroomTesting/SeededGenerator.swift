/// Random numbers that are the same in every run (SplitMix64), so that a failure can be repeated.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// `bytes` with a few bytes changed, removed, repeated or inserted.
    package mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var mutated = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            let position = Int.random(in: 0...mutated.count, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0 where position < mutated.count: mutated[position] = UInt8.random(in: 0...255, using: &self)
            case 1 where position < mutated.count: mutated.remove(at: position)
            case 2: mutated.insert(UInt8.random(in: 0...255, using: &self), at: position)
            case 3: mutated.removeLast(mutated.count - position)
            default:
                let end = min(mutated.count, position + 16)
                mutated.insert(contentsOf: Array(mutated[position..<end]), at: position)
            }
        }
        return mutated
    }
}
