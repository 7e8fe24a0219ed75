import PostroomTesting

/// Mail made at random, for searches: subjects that answer each other, references that lead astray, dates of every form,
/// texts in several character sets and encodings.
struct SearchCorpus {
    struct Message {
        var bytes: [UInt8]
        var flags: String
        var internalDate: Int64
    }

    private(set) var messages: [Message] = []
    private var random: SeededGenerator

    static let words = ["alpha", "Beta", "GAMMA", "grüße", "Straße", "Ωmega", "мир", "日本", "ångström", "x-1", "report"]
    private static let subjects = [
        "Lunch", "Re: Lunch", "RE:  Lunch", "Fwd: Lunch", "[list] Lunch", "[list] Re: Lunch", "Re: [list] Lunch",
        "Lunch (fwd)",
        "[Fwd: Lunch]", "re[2]: Lunch", "Fw: [a][b] Plan", "Plan", "PLAN", "Re: Re: Plan", "[only]", "[one] [two]",
        "Re:", "",
        "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Re: =?iso-8859-1?q?Gr=FC=DFe?=", "=?utf-8?b?0LzQuNGA?=",
        "=?koi8-r?q?=CD=C9=D2?=",
        "=?utf-8?q?R?= =?utf-8?q?e=3A?= Plan", "a\tb   c", "Ångström", "zebra", "Zebra 2",
        "=?utf-8?q?=C3=85ngstr=C3=B6m?=",
    ]
    private static let people = [
        "ann@example.org", "Ann Lee <ann@example.org>", "\"Zoe, B.\" <zoe@b.example>", "Bob <BOB@example.com>",
        "=?utf-8?q?J=C3=B6rg?= <joerg@example.de>", "bob@a.example (Bobby)", "<carl@c.example>",
        "Team: dora@d.example, x@y;",
        "=?iso-8859-1?q?=C4rger?= <z@z.example>", "eve@e.example, ann@example.org", "nobody:;", "broken",
    ]

    init(seed: UInt64, count: Int) {
        random = SeededGenerator(seed: seed)
        for number in 1...count { messages.append(message(number, of: count)) }
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    private mutating func chance(_ one: Int) -> Bool {
        Int.random(in: 0..<one, using: &random) == 0
    }

    private mutating func identifier(_ count: Int) -> String {
        "<m\(Int.random(in: 1...count + 4, using: &random))@test>"
    }

    private mutating func message(_ number: Int, of count: Int) -> Message {
        var header = ""
        if !chance(15) { header += "From: \(pick(Self.people))\n" }
        if !chance(6) { header += "To: \(pick(Self.people))\n" }
        if chance(3) { header += "Cc: \(pick(Self.people))\n" }
        if !chance(12) { header += "Subject: \(pick(Self.subjects))\n" }
        if !chance(10) { header += "Date: \(date())\n" }
        if !chance(12) { header += "Message-ID: <m\(chance(20) ? 1 : number)@test>\n" }
        if chance(2) {
            let references = (0..<Int.random(in: 1...4, using: &random)).map { _ in identifier(count) }
            header += "References: \(references.joined(separator: chance(3) ? "\n " : " "))\n"
        }
        if chance(3) { header += "In-Reply-To: \(chance(4) ? "your mail of " : "")\(identifier(count))\n" }
        if chance(3) { header += "X-Word: \(pick(Self.words))\n" }
        let flags = "DFRST".filter { _ in chance(3) }
        let time = 1_577_836_800 + Int64.random(in: 0..<90, using: &random) * 21_600
        return Message(bytes: Array((header + body()).utf8), flags: flags, internalDate: time)
    }

    private mutating func date() -> String {
        if chance(20) { return pick(["nonsense", "", "32 Foo 2020 10:00:00 +0000"]) }
        let day = Int.random(in: 1...28, using: &random)
        let month = pick(["Jan", "Feb", "Mar"])
        let hour = Int.random(in: 0...23, using: &random)
        let zone = pick(["+0000", "+0100", "-0800", "GMT", "EST", "+0530", "(comment)"])
        let weekday = chance(2) ? "Mon, " : ""
        let two = hour < 10 ? "0\(hour)" : "\(hour)"
        return "\(weekday)\(day) \(month) 2020 \(two):\(pick(["00", "15", "59"])):\(pick(["00", "30"])) \(zone)"
    }

    private mutating func text() -> String {
        (0..<Int.random(in: 1...30, using: &random)).map { _ in pick(Self.words) }.joined(
            separator: chance(3) ? "\n" : " ")
    }

    private mutating func body() -> String {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return "Content-Type: text/plain; charset=utf-8\n\n\(text())\n"
        case 1:
            return "MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\n"
                + "Content-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe an die Welt, alpha=\nbeta\n"
        case 2:
            return "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
                + "Z3LDvMOfZSB3ZWx0IHJlcG9ydA==\n"
        case 3:
            return "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=bb\n\npreamble\n--bb\n"
                + "Content-Type: text/plain; charset=utf-8\n\n\(text())\n--bb\nContent-Type: application/octet-stream; name=gamma.bin\n"
                + "Content-Transfer-Encoding: base64\n\nYWxwaGE=\n--bb--\nepilogue\n"
        case 4:
            return
                "MIME-Version: 1.0\nContent-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: 8bit\n\nplain\n"
        default: return "\n\(text().filter { $0.isASCII })\n"
        }
    }
}
