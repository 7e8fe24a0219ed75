/// A zone for a ``RunningNameServer``: its name and its records in the form of RFC 1035 §5, relative to the zone. SOA and NS are
/// there already, and the name server's address.
package struct NameServerZone: Sendable {
    package var name: String
    package var records: String
    package var isSigned: Bool
    /// Changes the text of the zone after it was signed: what a forger does.
    package var tampering: @Sendable (String) -> String

    package init(
        _ name: String, _ records: String, isSigned: Bool = false,
        tampering: @escaping @Sendable (String) -> String = { $0 }
    ) {
        self.name = name
        self.records = records
        self.isSigned = isSigned
        self.tampering = tampering
    }

    var text: String {
        let origin = name == "." ? "." : name + "."
        return """
            $ORIGIN \(origin)
            $TTL 300
            @ SOA ns hostmaster 1 3600 600 86400 300
            @ NS ns
            ns A 127.0.0.1
            \(records)

            """
    }
}
