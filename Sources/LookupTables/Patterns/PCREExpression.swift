import CPCRE2

/// A Perl-compatible regular expression over octets (pcre_table(5)), matched within limits of steps, depth and memory.
///
/// `@unchecked Sendable`: the pointers are set once; a compiled pattern and a match context may be used by many threads
/// (pcre2api(3), MULTITHREADING), the match data is each call's own.
package final class PCREExpression: PatternExpression, @unchecked Sendable {
    package static let type = "pcre"
    package static let allowsSecondPattern = false
    package static let keyLength = 8192

    /// Steps of the matcher for one key: some milliseconds.
    static let matchLimit: UInt32 = 200_000
    static let depthLimit: UInt32 = 10_000
    /// In KiB.
    static let heapLimit: UInt32 = 8192

    package let groupCount: Int
    private let compiled: OpaquePointer
    private let context: OpaquePointer

    package init(_ pattern: [UInt8], flags: ArraySlice<UInt8>) throws(PatternFault) {
        var options = UInt32(PCRE2_CASELESS) | UInt32(PCRE2_DOTALL)
        for flag in flags {
            switch flag {
            case UInt8(ascii: "i"): options ^= UInt32(PCRE2_CASELESS)
            case UInt8(ascii: "m"): options ^= UInt32(PCRE2_MULTILINE)
            case UInt8(ascii: "s"): options ^= UInt32(PCRE2_DOTALL)
            case UInt8(ascii: "x"): options ^= UInt32(PCRE2_EXTENDED)
            case UInt8(ascii: "A"): options ^= UInt32(PCRE2_ANCHORED)
            case UInt8(ascii: "E"): options ^= UInt32(PCRE2_DOLLAR_ENDONLY)
            case UInt8(ascii: "U"): options ^= UInt32(PCRE2_UNGREEDY)
            // Of the older library only: Postfix passes over it since PCRE2.
            case UInt8(ascii: "X"): break
            default: throw .malformed("unknown pcre option \"\(ASCIIText.text([flag]))\"")
            }
        }
        guard pattern.count <= PatternBounds.patternLength else {
            throw .unbounded("the pattern is longer than \(PatternBounds.patternLength) bytes")
        }
        guard let context = pcre2_match_context_create_8(nil) else { throw .malformed("out of memory") }
        var code: Int32 = 0
        var offset = 0
        guard let compiled = pcre2_compile_8(pattern, pattern.count, options, &code, &offset, nil) else {
            pcre2_match_context_free_8(context)
            var message = [UInt8](repeating: 0, count: 256)
            _ = pcre2_get_error_message_8(code, &message, message.count)
            throw .malformed("\(ASCIIText.text(message.prefix { $0 != 0 })) at offset \(offset) of the pattern")
        }
        _ = pcre2_set_match_limit_8(context, Self.matchLimit)
        _ = pcre2_set_depth_limit_8(context, Self.depthLimit)
        _ = pcre2_set_heap_limit_8(context, Self.heapLimit)
        var groups: UInt32 = 0
        _ = pcre2_pattern_info_8(compiled, UInt32(PCRE2_INFO_CAPTURECOUNT), &groups)
        self.compiled = compiled
        self.context = context
        groupCount = Int(clamping: groups)
    }

    deinit {
        pcre2_code_free_8(compiled)
        pcre2_match_context_free_8(context)
    }

    package func match(_ key: [UInt8]) -> PatternMatch {
        guard let data = pcre2_match_data_create_from_pattern_8(compiled, nil) else { return .failed("out of memory") }
        defer { pcre2_match_data_free_8(data) }
        let status = pcre2_match_8(compiled, key, key.count, 0, 0, data, context)
        guard status >= 0 else { return status == PCRE2_ERROR_NOMATCH ? .none : .failed(Self.text(status)) }
        guard let offsets = pcre2_get_ovector_pointer_8(data) else { return .failed("out of memory") }
        let count = min(Int(clamping: pcre2_get_ovector_count_8(data)), groupCount + 1)
        return .groups(
            (0..<count).map { group in
                let (start, end) = (offsets[2 * group], offsets[2 * group + 1])
                // PCRE2_UNSET is the highest number there is; \K may put the start behind the end.
                return start <= end && end <= key.count ? Int(start)..<Int(end) : nil
            })
    }

    private static func text(_ code: Int32) -> String {
        switch code {
        case PCRE2_ERROR_MATCHLIMIT: "the pattern takes more than \(matchLimit) steps for this key"
        case PCRE2_ERROR_DEPTHLIMIT: "the pattern backtracks deeper than \(depthLimit) for this key"
        case PCRE2_ERROR_HEAPLIMIT: "the pattern takes more than \(heapLimit) KiB for this key"
        default: "pcre2_match failed (\(code))"
        }
    }
}
