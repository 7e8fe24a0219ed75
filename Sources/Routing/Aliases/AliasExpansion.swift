import Directory
import MailModel

/// What a recipient expanded into: a tree of addresses whose leaves get the mail, with the lookups that made it.
struct AliasExpansion: Sendable {
    enum Fate: Hashable, Sendable {
        /// Not looked up yet.
        case open
        /// An alias: its children take its place.
        case expanded
        /// No alias: a final address.
        case final
        /// A final address because its alias names it.
        case itself
        /// On its own way already: gives nothing.
        case loop
        /// Another branch has it.
        case duplicate
        /// The class or the alias tables could not be asked.
        case unavailable
    }

    enum Limit: Hashable, Sendable {
        case recursion
        case addresses
        case length
    }

    /// One target of an alias value.
    enum Target: Hashable, Sendable {
        case address(EmailAddress)
        case unusable([UInt8])
        case tooLong

        var description: String {
            switch self {
            case .address(let address): address.description
            case .unusable(let value): "“\(String(decoding: value, as: UTF8.self))”"
            case .tooLong: "an address that is too long"
            }
        }
    }

    struct Node: Sendable {
        let address: EmailAddress
        let parent: Int?
        let depth: Int
        var fate: Fate
        /// An alias of aliases(5) named it: local(8) asks nobody but `alias_maps` for a name of its own class.
        var isFromLocalAlias = false
        var children: [Int] = []
        var steps: [TraceStep] = []
    }

    /// The recipient first.
    private(set) var nodes: [Node]
    /// The class of every domain met, asked once for each recipient.
    var classes: [Domain: Answer<AddressClass>] = [:]
    /// The limit that stopped the expansion.
    var limit: Limit?
    /// Alias values that are no address.
    private(set) var unusableValues: [[UInt8]] = []
    /// What an alias leads to that only local(8) delivers to.
    var undeliverable: LocalAliasValue.Undeliverable?

    init(_ recipient: EmailAddress) {
        nodes = [Node(address: recipient, parent: nil, depth: 0, fate: .open)]
    }

    var isAlias: Bool { nodes[0].fate == .expanded }

    /// Nodes that mail is delivered to, in the order of the values.
    var leaves: [Int] {
        var result: [Int] = []
        var pending = [0]
        while let index = pending.popLast() {
            switch nodes[index].fate {
            case .final, .itself: result.append(index)
            case .expanded: pending += nodes[index].children.reversed()
            case .open, .loop, .duplicate, .unavailable: break
            }
        }
        return result
    }

    var isUnavailable: Bool { nodes.contains { $0.fate == .unavailable } }
    var hasLoop: Bool { nodes.contains { $0.fate == .loop || $0.fate == .duplicate } }

    func ancestors(of index: Int) -> [EmailAddress] {
        var result: [EmailAddress] = []
        var current: Int? = index
        while let node = current {
            result.append(nodes[node].address)
            current = nodes[node].parent
        }
        return result
    }

    mutating func setFate(_ fate: Fate, at index: Int) {
        nodes[index].fate = fate
    }

    mutating func markFromLocalAlias(_ index: Int) {
        nodes[index].isFromLocalAlias = true
    }

    mutating func addSteps(_ steps: [TraceStep], at index: Int) {
        nodes[index].steps += steps
    }

    @discardableResult
    mutating func add(_ address: EmailAddress, below parent: Int, fate: Fate) -> Int {
        let index = nodes.count
        nodes.append(Node(address: address, parent: parent, depth: nodes[parent].depth + 1, fate: fate))
        nodes[parent].children.append(index)
        return index
    }

    mutating func addUnusable(_ value: [UInt8], below parent: Int) {
        unusableValues.append(value)
        let text = "\(String(decoding: value, as: UTF8.self)) is no address"
        nodes[parent].steps.append(TraceStep(.decision(rule: "virtual_alias_maps", text: text)))
    }
}
