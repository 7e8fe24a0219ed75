import CArgon2
import Glibc

/// The cost of an Argon2 value (RFC 9106 §3.1).
struct Argon2Parameters: Hashable, Sendable {
    enum Variant: Hashable, Sendable {
        case i
        case id

        var name: String {
            switch self {
            case .i: "argon2i"
            case .id: "argon2id"
            }
        }
    }

    var variant: Variant
    /// 0x13 since 2015, 0x10 before.
    var version: UInt32 = 0x13
    /// In KiB.
    var memoryCost: UInt32
    var passes: UInt32
    var parallelism: UInt32 = 1

    /// In bytes.
    var memory: UInt64 { UInt64(memoryCost) << 10 }

    func isAffordable(_ limits: PasswordWorkLimits) -> Bool {
        let (work, overflows) = memory.multipliedReportingOverflow(by: UInt64(passes))
        return memory <= limits.argon2Memory && !overflows && work <= limits.argon2Work
            && parallelism <= limits.argon2Parallelism
    }
}

/// libargon2, in the thread that calls and no other.
enum Argon2 {
    /// Nil when the library refuses the parameters, or has no memory.
    static func hash(
        _ password: [UInt8], salt: [UInt8], length: Int, _ parameters: Argon2Parameters
    ) -> [UInt8]? {
        guard let passwordCount = UInt32(exactly: password.count), let saltCount = UInt32(exactly: salt.count),
            let outputCount = UInt32(exactly: length), length <= 1024
        else { return nil }
        var password = password
        var salt = salt
        var output = [UInt8](repeating: 0, count: length)
        let status = password.withUnsafeMutableBufferPointer { password in
            salt.withUnsafeMutableBufferPointer { salt in
                output.withUnsafeMutableBufferPointer { output in
                    var context = argon2_context()
                    context.out = output.baseAddress
                    context.outlen = outputCount
                    // Wiped by the library, as is the memory that it fills.
                    context.pwd = password.baseAddress
                    context.pwdlen = passwordCount
                    context.salt = salt.baseAddress
                    context.saltlen = saltCount
                    context.t_cost = parameters.passes
                    context.m_cost = parameters.memoryCost
                    context.lanes = parameters.parallelism
                    context.threads = 1
                    context.version = parameters.version
                    context.flags = 1  // ARGON2_FLAG_CLEAR_PASSWORD
                    return argon2_ctx(&context, parameters.variant == .i ? Argon2_i : Argon2_id)
                }
            }
        }
        return status == ARGON2_OK.rawValue ? output : nil
    }
}
