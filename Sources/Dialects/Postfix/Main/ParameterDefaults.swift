/// The parameters that Postfix 3.7 knows, with the text each has when nobody sets it (postconf(5)).
package enum ParameterDefaults {
    static let values: [String: String] = {
        var values: [String: String] = [:]
        for text in [first, second, smtp, services] {
            for line in text.split(separator: "\n") {
                guard let equals = line.firstIndex(of: "=") else { continue }
                let name = line[..<equals].filter { $0 != " " }
                values[name] = String(line[line.index(after: equals)...].drop { $0 == " " })
            }
        }
        return values
    }()

    /// Parameters whose default Postfix finds out by itself.
    static let computed: Set<String> = ["myhostname", "mydomain", "mynetworks", "process_id", "process_name"]

    static func isKnown(_ name: String) -> Bool {
        values[name] != nil || computed.contains(name) || isTransportParameter(name)
    }

    /// `TRANSPORT_destination_recipient_limit` and its kin exist for every transport of master.cf.
    static func isTransportParameter(_ name: String) -> Bool {
        let suffixes = [
            "_destination_concurrency_failed_cohort_limit", "_destination_concurrency_limit",
            "_destination_concurrency_negative_feedback", "_destination_concurrency_positive_feedback",
            "_destination_rate_delay", "_destination_recipient_limit", "_delivery_slot_cost",
            "_delivery_slot_discount", "_delivery_slot_loan", "_extra_recipient_limit",
            "_initial_destination_concurrency", "_minimum_delivery_slots", "_recipient_limit",
            "_recipient_refill_delay", "_recipient_refill_limit", "_time_limit", "_transport_rate_delay",
            "_delivery_status_filter",
        ]
        return suffixes.contains { name.hasSuffix($0) && name.count > $0.count }
    }

    /// The known name nearest to a misspelt one.
    static func nearest(_ name: String) -> String? {
        guard name.utf8.count >= 4, name.utf8.count <= 60 else { return nil }
        return nearest(name, in: values.keys.sorted() + computed.sorted())
    }

    /// Two letters off at most, one in a short name.
    static func nearest(_ name: String, in names: [String]) -> String? {
        let limit = name.utf8.count < 8 ? 1 : 2
        var best: (name: String, distance: Int)?
        for known in names where abs(known.utf8.count - name.utf8.count) <= limit {
            let distance = editDistance(Array(known.utf8), Array(name.utf8))
            if distance <= limit, distance < best?.distance ?? .max { best = (known, distance) }
        }
        return best?.name
    }

    /// Levenshtein's.
    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = above
            }
        }
        return row.last ?? 0
    }
}
