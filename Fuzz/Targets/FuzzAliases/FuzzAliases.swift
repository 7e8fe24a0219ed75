import FuzzSupport
import LookupTables

/// aliases(5) text that may include itself: it ends, and what a value holds can be taken apart.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    let table = AliasFileTable(contents: input.bytes, file: "/etc/aliases") { _ in input.bytes }
    for value in table.values.values {
        require(
            AliasTarget.list(value).count <= AliasFileTable.maximumMembers, "an alias has more members than are read")
    }
    _ = AliasTarget.list(input.bytes)
    _ = TextHashTable(contents: input.bytes, file: "/etc/postfix/virtual")
    return 0
}
