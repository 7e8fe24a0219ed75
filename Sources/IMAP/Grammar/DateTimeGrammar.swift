import MailModel

extension GrammarReader {
    /// date = date-text / DQUOTE date-text DQUOTE ; date-text = date-day "-" date-month "-" date-year
    package mutating func date() throws(IMAPSyntaxError) -> CivilDate {
        let isQuoted = skip("\"")
        let date = try dateText(isPadded: false)
        if isQuoted { try expect("\"") }
        return date
    }

    /// date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE ; seconds since 1970
    package mutating func dateTime() throws(IMAPSyntaxError) -> Int64 {
        try expect("\"")
        let date = try dateText(isPadded: true)
        try expect(" ")
        let hour = try digits(2)
        try expect(":")
        let minute = try digits(2)
        try expect(":")
        let second = try digits(2)
        try expect(" ")
        let isWest = skip("-")
        if !isWest { try expect("+") }
        let zone = try digits(4)
        try expect("\"")
        guard hour < 24, minute < 60, second <= 60, zone % 100 < 60 else { throw IMAPSyntaxError("Invalid date-time") }
        let offset = (zone / 100 * 60 + zone % 100) * 60
        return Int64(date.day * 86_400 + hour * 3600 + minute * 60 + second - (isWest ? -offset : offset))
    }

    /// date-day = 1*2DIGIT ; date-day-fixed = (SP DIGIT) / 2DIGIT
    private mutating func dateText(isPadded: Bool) throws(IMAPSyntaxError) -> CivilDate {
        if isPadded { _ = skip(" ") }
        guard let day = Int(exactly: try number()), day <= 31 else { throw IMAPSyntaxError("Invalid date") }
        try expect("-")
        let name = try atomLetters(3)
        guard let month = CivilDate.monthNames.firstIndex(where: { ASCII.equalIgnoringCase($0.utf8, name) }) else {
            throw IMAPSyntaxError("Invalid month")
        }
        try expect("-")
        guard let date = CivilDate(year: try digits(4), month: month + 1, day: day) else {
            throw IMAPSyntaxError("Invalid date")
        }
        return date
    }

    private mutating func digits(_ count: Int) throws(IMAPSyntaxError) -> Int {
        var value = 0
        for _ in 0..<count {
            guard let byte = current, byte >= 0x30, byte <= 0x39 else { throw IMAPSyntaxError("Invalid date") }
            value = value * 10 + Int(byte - 0x30)
            _ = skip(Character(Unicode.Scalar(byte)))
        }
        return value
    }

    private mutating func atomLetters(_ count: Int) throws(IMAPSyntaxError) -> [UInt8] {
        var result: [UInt8] = []
        while result.count < count {
            guard let byte = current, byte >= 0x41, byte <= 0x7A else { throw IMAPSyntaxError("Invalid date") }
            result.append(byte)
            _ = skip(Character(Unicode.Scalar(byte)))
        }
        return result
    }
}
