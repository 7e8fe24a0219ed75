import MailModel

/// Puts a `>` before lines that begin with `From `, as Postfix does with all of them: programs that know nothing of
/// `Content-Length` take them for the beginning of a message.
struct FromQuoting {
    /// How far into `From ` the current line has come; nil once it is another.
    private var matched: Int? = 0
    private(set) var size: UInt64 = 0

    mutating func convert(_ input: ArraySlice<UInt8>, into output: inout [UInt8]) {
        let before = output.count
        for byte in input {
            if let count = matched {
                if byte == FromLine.start[count] {
                    matched = count + 1
                    if count + 1 == FromLine.start.count {
                        output.append(UInt8(ascii: ">"))
                        output += FromLine.start
                        matched = nil
                    }
                    continue
                }
                output += FromLine.start.prefix(count)
                matched = nil
            }
            output.append(byte)
            if byte == 0x0A { matched = 0 }
        }
        size += UInt64(output.count - before)
    }

    mutating func finish(into output: inout [UInt8]) {
        guard let count = matched, count > 0 else { return }
        output += FromLine.start.prefix(count)
        size += UInt64(count)
        matched = nil
    }
}
