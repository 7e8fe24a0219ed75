import Glibc

/// A POSIX regular expression (regexp_table(5)): extended and blind to case unless `x` and `i` toggle that; `m` lets `^` and
/// `$` match at line ends within the key.
///
/// `@unchecked Sendable`: the pointer is set once, and regexec(3) may be called for one expression from many threads.
package final class POSIXExpression: PatternExpression, @unchecked Sendable {
    package static let type = "regexp"
    package static let allowsSecondPattern = true
    // regexec(3) has no limit of steps, and its time grows with the square of the key.
    package static let keyLength = 1024

    package let groupCount: Int
    private let compiled: UnsafeMutablePointer<regex_t>

    package init(_ pattern: [UInt8], flags: ArraySlice<UInt8>) throws(PatternFault) {
        var options = REG_EXTENDED | REG_ICASE
        for flag in flags {
            switch flag {
            case UInt8(ascii: "i"): options ^= REG_ICASE
            case UInt8(ascii: "m"): options ^= REG_NEWLINE
            case UInt8(ascii: "x"): options ^= REG_EXTENDED
            default: throw .malformed("unknown regexp option \"\(ASCIIText.text([flag]))\"")
            }
        }
        try POSIXPatternCost.check(pattern, isExtended: options & REG_EXTENDED != 0)
        guard !pattern.contains(0) else { throw .malformed("the pattern holds a NUL") }
        let compiled = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
        compiled.initialize(to: regex_t())
        let status = regcomp(compiled, pattern.map { CChar(bitPattern: $0) } + [0], options)
        guard status == 0 else {
            var message = [CChar](repeating: 0, count: 256)
            regerror(status, compiled, &message, message.count)
            compiled.deallocate()
            throw .malformed(ASCIIText.text(message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }))
        }
        self.compiled = compiled
        groupCount = Int(clamping: compiled.pointee.re_nsub)
    }

    deinit {
        regfree(compiled)
        compiled.deallocate()
    }

    package func match(_ key: [UInt8]) -> PatternMatch {
        guard !key.contains(0) else { return .failed("the key holds a NUL") }
        var groups = [regmatch_t](repeating: regmatch_t(), count: groupCount + 1)
        let status = regexec(compiled, key.map { CChar(bitPattern: $0) } + [0], groups.count, &groups, 0)
        if status == 0 {
            return .groups(groups.map { $0.rm_so >= 0 && $0.rm_eo >= $0.rm_so ? Int($0.rm_so)..<Int($0.rm_eo) : nil })
        }
        return status == Int32(_REG_NOMATCH.rawValue) ? .none : .failed("regexec failed (\(status))")
    }
}
