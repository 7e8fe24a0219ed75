import Dialects
import FuzzSites
import FuzzSupport
import LookupTables

/// Tables as parameters name them, and through main.cf: both readers end, and what is written is read again as it was.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    if let tables = try? TableSpecification.list(input.bytes) {
        for table in tables {
            let again = try? TableSpecification(table.description.utf8)
            require(again == table || again == nil, "\(table) became \(again.map(\.description) ?? "")")
        }
    }
    let line = String(decoding: input.bytes.filter { $0 != 0x0A && $0 != 0x1E && $0 != 0 }, as: UTF8.self)
    let main = "myhostname = mail.example.org\nmydestination = localhost\nvirtual_alias_maps = \(line)\n"
    _ = main.withCString { text in
        text.withMemoryRebound(to: UInt8.self, capacity: main.utf8.count) { start in
            FuzzedSite.read(
                FuzzInput(start, main.utf8.count), [ConfigurationOrigin(.postfix, path: "/etc/postfix")],
                paths: ["/etc/postfix/main.cf"])
        }
    }
    return 0
}
