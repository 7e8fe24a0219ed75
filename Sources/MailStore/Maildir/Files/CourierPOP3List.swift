import Blocking
import MailModel

/// `courierpop3dsizelist`: the sizes and the numbers that Courier's POP3 server knows messages by.
///
///     /3 17 1795224813
///     1795224813.M637916P24075.vm,S=30:2,S 34 12:1795224813:0
///
/// The header is version, next number and validity; version 2 has no third number (whether the header is UTF-8).
struct CourierPOP3List: Hashable, Sendable {
    struct Line: Hashable, Sendable {
        var size: UInt64
        var id: CourierUniqueID
        var isUTF8: Bool
    }

    static let name = Array("courierpop3dsizelist".utf8)
    private static let temporaryName = Array("courierpop3dsizelist.tmp".utf8)
    private static let maximumSize = 256 << 20

    var nextNumber: UInt32
    var validity: UInt32
    /// By the file's name up to the `:`.
    var lines: [ArraySlice<UInt8>: Line] = [:]

    /// A list that begins now, as Courier begins one.
    init(validity: UInt32) {
        nextNumber = 1
        self.validity = validity
    }

    /// Nil for what Courier would take for no list; lines that it would pass over are left out.
    init?(parsing file: [UInt8], now: UInt32) {
        var lines = file.split(separator: 0x0A)[...]
        guard let header = lines.popFirst(), header.first == UInt8(ascii: "/") else { return nil }
        let fields = header.dropFirst().split(separator: 0x20).map { Digits.parse32($0) }
        guard fields.count >= 2, let version = fields[0], version == 2 || version == 3, let next = fields[1] else {
            return nil
        }
        nextNumber = next
        validity = fields.count > 2 ? fields[2] ?? now : now
        for line in lines {
            guard let (base, parsed) = Self.line(line) else { continue }
            self.lines[base] = parsed
        }
    }

    //  NAME SIZE NUMBER:VALIDITY[:UTF8]
    private static func line(_ line: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, Line)? {
        guard let last = line.lastIndex(of: 0x20), let first = line[..<last].lastIndex(of: 0x20) else { return nil }
        let base = line[..<first].prefix { $0 != UInt8(ascii: ":") }
        let numbers = line[(last + 1)...].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard !base.isEmpty, let size = Digits.parse(line[(first + 1)..<last]), numbers.count >= 2,
            let number = Digits.parse32(numbers[0]), let validity = Digits.parse32(numbers[1])
        else { return nil }
        return (
            base,
            Line(
                size: size, id: CourierUniqueID(number: number, validity: validity),
                isUTF8: numbers.count > 2 && Digits.parse32(numbers[2]) ?? 0 != 0)
        )
    }

    /// - Parameter names: of the files, flags included, in the order in which they are listed.
    func bytes(_ names: [[UInt8]]) -> [UInt8] {
        var output = Array("/3 \(nextNumber) \(validity)\n".utf8)
        for name in names {
            guard let line = lines[name.prefix { $0 != UInt8(ascii: ":") }] else { continue }
            output += name
            output += " \(line.size) \(line.id.number):\(line.id.validity):\(line.isUTF8 ? 1 : 0)\n".utf8
        }
        return output
    }

    static func read(_ directory: DirectoryHandle, now: UInt32) throws(SystemCallError) -> CourierPOP3List? {
        do throws(SystemCallError) {
            return CourierPOP3List(parsing: try directory.file(name).readAll(limit: maximumSize), now: now)
        } catch  where error.isMissing {
            return nil
        }
    }

    func replace(_ names: [[UInt8]], in directory: DirectoryHandle) throws(SystemCallError) {
        try DurableFile.replace(
            Self.name, in: directory, temporaryName: Self.temporaryName, contents: bytes(names))
    }
}
