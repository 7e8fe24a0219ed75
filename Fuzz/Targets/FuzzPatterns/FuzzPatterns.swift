import FuzzSupport
import LookupTables

/// The text of regexp, pcre and cidr tables.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    _ = try? RegexpTable(contents: input.bytes, file: "/patterns")
    _ = try? PCRETable(contents: input.bytes, file: "/patterns")
    _ = CIDRTable(contents: input.bytes, file: "/networks")
    _ = try? RegexpTable(inline: input.bytes)
    _ = try? PCRETable(inline: input.bytes)
    _ = CIDRTable(inline: input.bytes)
    return 0
}
