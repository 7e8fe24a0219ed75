import FuzzSupport
import LDAP

/// RFC 2849: records that are read can be written and read again, and after a fault the reader goes on and ends.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    var reader = LDIFReader(input.bytes)
    var entries: [LDIFEntry] = []
    var faults = 0
    while faults <= count {
        do {
            guard let record = try reader.next() else { break }
            if case .entry(let entry) = record { entries.append(entry) }
        } catch {
            faults += 1
        }
    }
    require(faults <= count, "the reader finds faults without end")
    for entry in entries {
        var writer = LDIFWriter()
        writer.write(LDIFRecord.entry(entry))
        let again = try? LDIFReader.records(of: writer.bytes)
        guard case .entry(let copy)? = again?.first else {
            fatalError("\(entry.name) can't be read again: \(String(decoding: writer.bytes, as: UTF8.self))")
        }
        require(copy.name == entry.name, "\(entry.name) became \(copy.name)")
        require(
            copy.values.map(\.value) == entry.values.map(\.value)
                && copy.values.map(\.attribute) == entry.values.map(\.attribute), "\(entry.name) lost values")
    }
    return 0
}
