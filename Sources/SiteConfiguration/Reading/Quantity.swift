/// Numbers with units, and how near a misspelt key is to a known one.
package enum Quantity {
    package static func duration(_ text: String) -> Duration? {
        let units: [(String, Int64)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
        let (number, unit) = split(text)
        guard let value = Int64(number), value >= 0 else { return nil }
        guard let factor = unit.isEmpty ? 1000 : units.first(where: { $0.0 == unit })?.1 else { return nil }
        let (milliseconds, overflow) = value.multipliedReportingOverflow(by: factor)
        return overflow ? nil : .milliseconds(milliseconds)
    }

    static func size(_ text: String) -> UInt64? {
        let (number, unit) = split(text)
        let shifts: [String: UInt64] = [
            "": 0, "b": 0, "k": 10, "kb": 10, "kib": 10, "m": 20, "mb": 20, "mib": 20, "g": 30, "gb": 30, "gib": 30,
            "t": 40, "tb": 40, "tib": 40,
        ]
        guard let value = UInt64(number), let shift = shifts[unit.lowercased()] else { return nil }
        let (bytes, overflow) = value.multipliedReportingOverflow(by: 1 << shift)
        return overflow ? nil : bytes
    }

    private static func split(_ text: String) -> (number: String, unit: String) {
        let number = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(number.count).drop { $0 == " " }
        return (String(number), String(unit))
    }

    /// Levenshtein's distance of two short words.
    static func editDistance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8.prefix(64))
        let right = Array(right.utf8.prefix(64))
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var previous = row
            previous[0] = i + 1
            for (j, b) in right.enumerated() {
                previous[j + 1] = min(row[j + 1] + 1, previous[j] + 1, row[j] + (a == b ? 0 : 1))
            }
            row = previous
        }
        return row[right.count]
    }
}
