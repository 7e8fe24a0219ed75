import CCrypt
import Glibc

/// crypt(3) without its static buffer. Blocks for as long as the setting asks for: never on an event loop.
enum Crypt {
    /// crypt(3) takes a terminated string of less than 512 octets: nothing else can ever have been hashed by it.
    static func accepts(_ password: [UInt8]) -> Bool {
        password.count < Int(CRYPT_MAX_PASSPHRASE_SIZE) && !password.contains(0)
    }

    /// Nil when crypt(3) refuses the setting or the password.
    static func hash(_ password: [UInt8], setting: [UInt8]) -> [UInt8]? {
        guard accepts(password), !setting.contains(0), setting.count < Int(CRYPT_OUTPUT_SIZE) else { return nil }
        // 32 KiB of state, in which the password and what was made of it remain: on the heap, and wiped.
        let size = MemoryLayout<crypt_data>.size
        let data = UnsafeMutableRawPointer.allocate(
            byteCount: size, alignment: MemoryLayout<crypt_data>.alignment)
        data.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        defer {
            explicit_bzero(data, size)
            data.deallocate()
        }
        var phrase = password.map { CChar(bitPattern: $0) } + [0]
        defer {
            phrase.withUnsafeMutableBytes { bytes in
                if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
            }
        }
        let terminatedSetting = setting.map { CChar(bitPattern: $0) } + [0]
        guard let output = crypt_rn(phrase, terminatedSetting, data, Int32(size)) else { return nil }
        return Array(UnsafeRawBufferPointer(start: output, count: strlen(output)))
    }

    /// A setting with fresh salt for the method behind `prefix`; nil when this machine's crypt(3) does not know it or
    /// its cost. `cost` 0 is the method's default.
    static func setting(prefix: String, cost: UInt64, using generator: inout some RandomNumberGenerator) -> [UInt8]? {
        let random = (0..<32).map { _ in CChar(truncatingIfNeeded: generator.next() as UInt8) }
        var output = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
        let made = crypt_gensalt_rn(prefix, UInt(cost), random, Int32(random.count), &output, Int32(output.count))
        guard made != nil else { return nil }
        return output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    }
}
