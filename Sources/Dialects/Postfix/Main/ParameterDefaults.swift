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
        return nearest(name, in: knownNames)
    }

    private static let knownNames = (values.keys.sorted() + computed.sorted()).map { Array($0.utf8) }

    /// Two letters off at most, one in a short name.
    static func nearest(_ name: String, in names: [String]) -> String? {
        nearest(name, in: names.map { Array($0.utf8) })
    }

    private static func nearest(_ name: String, in names: [[UInt8]]) -> String? {
        let name = Array(name.utf8)
        var limit = name.count < 8 ? 1 : 2
        var best: [UInt8]?
        for known in names where abs(known.count - name.count) <= limit {
            guard let distance = editDistance(known, name, atMost: limit) else { continue }
            best = known
            limit = distance - 1
            if limit < 0 { break }
        }
        return best.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Levenshtein's; nil beyond `limit`, which most names show in their first letters.
    private static func editDistance(_ left: [UInt8], _ right: [UInt8], atMost limit: Int) -> Int? {
        var row = [Int](repeating: 0, count: right.count + 1)
        var i = 0
        while i < row.count {
            row[i] = i
            i += 1
        }
        i = 0
        while i < left.count {
            var diagonal = row[0]
            row[0] = i + 1
            var least = row[0]
            var j = 0
            while j < right.count {
                let above = row[j + 1]
                var distance = left[i] == right[j] ? diagonal : diagonal + 1
                if above + 1 < distance { distance = above + 1 }
                if row[j] + 1 < distance { distance = row[j] + 1 }
                row[j + 1] = distance
                if distance < least { least = distance }
                diagonal = above
                j += 1
            }
            if least > limit { return nil }
            i += 1
        }
        guard let distance = row.last, distance <= limit else { return nil }
        return distance
    }
}
