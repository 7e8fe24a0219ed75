import MailModel

/// `dovecot-keywords`: lines `N name`, N from 0 to 25, the letter `a` + N in file names.
struct KeywordList: Hashable, Sendable {
    /// By index; empty for one that is free.
    private(set) var names: [String] = []

    init() {}

    /// Lines that mean nothing are passed over.
    init(_ bytes: [UInt8]) {
        for line in bytes.split(separator: 0x0A) {
            guard let space = line.firstIndex(of: 0x20), let index = Decimal.parse(line[..<space]),
                index < MaildirFlags.maximumKeywords
            else { continue }
            let name = String(decoding: line[(space + 1)...], as: UTF8.self)
            while names.count <= Int(index) { names.append("") }
            names[Int(index)] = name
        }
    }

    var bytes: [UInt8] {
        names.enumerated().filter { !$0.element.isEmpty }.flatMap { Array("\($0.offset) \($0.element)\n".utf8) }
    }

    /// Keywords know no case (RFC 3501 §2.3.2).
    func index(of name: String) -> Int? {
        names.firstIndex { ASCII.equalIgnoringCase(Array($0.utf8), Array(name.utf8)) }
    }

    /// The index of a keyword, added where it is new; nil when all 26 are taken.
    mutating func add(_ name: String) -> Int? {
        if let index = index(of: name) { return index }
        if let free = names.firstIndex(of: "") {
            names[free] = name
            return free
        }
        guard names.count < MaildirFlags.maximumKeywords else { return nil }
        names.append(name)
        return names.count - 1
    }
}
