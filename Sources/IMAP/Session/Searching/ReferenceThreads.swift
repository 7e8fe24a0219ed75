/// THREAD=REFERENCES (RFC 5256 §3) and THREAD=REFS (draft-ietf-morg-inthread), step by step.
struct ReferenceThreads {
    private var forest = ThreadForest()
    private var parents: [Int?] = []
    /// Who has no children is nobody's ancestor: most messages are told so, and not by a walk to the thread's root.
    private var childCounts: [Int] = []
    private var identifiers: [[UInt8]: Int] = [:]
    private let facts: [Int: ThreadFacts]
    private var work = 0

    /// Links that are followed; a mailbox whose references are made to cost more is not threaded.
    private static let maximumWork = 50_000_000

    /// Nil when the references ask for too much work.
    static func forest(_ facts: [Int: ThreadFacts], _ algorithm: ThreadAlgorithm) -> ThreadForest? {
        var threads = ReferenceThreads(facts: facts)
        guard threads.link() else { return nil }
        threads.gatherChildren()
        guard threads.prune() else { return nil }
        if algorithm == .refs {
            threads.forest.sortSiblings()
            threads.sortByNewest()
        } else {
            threads.forest.sortSiblings()
            threads.joinBySubject()
            threads.forest.sortSiblings()
        }
        return threads.forest
    }

    private init(facts: [Int: ThreadFacts]) {
        self.facts = facts
    }

    // MARK: Step 1: parents

    private mutating func link() -> Bool {
        for message in facts.keys.sorted() {
            guard let fact = facts[message] else { continue }
            let node = node(of: message, fact)
            var parent: Int?
            for identifier in fact.references {
                let child = self.node(of: identifier)
                if let parent, parents[child] == nil { adopt(child, by: parent) }
                parent = child
            }
            // A parent that it got before came of a References field that was cut short.
            if let former = parents[node] { childCounts[former] -= 1 }
            parents[node] = nil
            if let parent { adopt(node, by: parent) }
            guard work <= Self.maximumWork else { return false }
        }
        return true
    }

    /// A message without a Message-ID, or with one that another has already, is known by none.
    private mutating func node(of message: Int, _ fact: ThreadFacts) -> Int {
        if let identifier = fact.messageID {
            let node = node(of: identifier)
            if forest.nodes[node].message == nil {
                forest.nodes[node].message = message
                forest.nodes[node].date = fact.date
                return node
            }
        }
        return append(message: message, date: fact.date)
    }

    private mutating func node(of identifier: [UInt8]) -> Int {
        if let node = identifiers[identifier] { return node }
        let node = append(message: nil, date: 0)
        identifiers[identifier] = node
        return node
    }

    private mutating func append(message: Int?, date: Int64) -> Int {
        parents.append(nil)
        childCounts.append(0)
        return forest.append(message: message, date: date)
    }

    /// Unless that would close a loop.
    private mutating func adopt(_ child: Int, by parent: Int) {
        guard !isAncestor(child, of: parent) else { return }
        parents[child] = parent
        childCounts[parent] += 1
    }

    /// Whether a link from `node` down to `other` would close a loop.
    private mutating func isAncestor(_ node: Int, of other: Int) -> Bool {
        guard childCounts[node] > 0 else { return node == other }
        var current: Int? = other
        while let place = current {
            if place == node { return true }
            work += 1
            // What costs too much is given up by `link`.
            guard work <= Self.maximumWork else { return true }
            current = parents[place]
        }
        return false
    }

    // MARK: Steps 2 and 3: roots, without what is missing

    private mutating func gatherChildren() {
        for (node, parent) in parents.enumerated() {
            if let parent { forest.nodes[parent].children.append(node) } else { forest.roots.append(node) }
        }
    }

    /// A missing message gives its children to its parent, and goes. At the root it stays where it has several.
    private mutating func prune() -> Bool {
        for node in forest.preorder.reversed() {
            let children = forest.nodes[node].children
            guard children.contains(where: { forest.nodes[$0].message == nil }) else { continue }
            var kept: [Int] = []
            for child in children {
                if forest.nodes[child].message != nil {
                    kept.append(child)
                } else {
                    kept += forest.nodes[child].children
                    work += forest.nodes[child].children.count
                }
            }
            forest.nodes[node].children = kept
            guard work <= Self.maximumWork else { return false }
        }
        forest.roots = forest.roots.compactMap { root in
            guard forest.nodes[root].message == nil else { return root }
            let children = forest.nodes[root].children
            return children.count > 1 ? root : children.first
        }
        return true
    }

    // MARK: Step 5: threads of one subject

    private mutating func joinBySubject() {
        var bySubject: [[UInt8]: Int] = [:]
        for root in forest.roots {
            let subject = subject(of: root)
            guard !subject.isEmpty else { continue }
            guard let other = bySubject[subject] else {
                bySubject[subject] = root
                continue
            }
            if forest.nodes[other].message != nil,
                forest.nodes[root].message == nil || (isReply(other) && !isReply(root))
            {
                bySubject[subject] = root
            }
        }
        var joined: Set<Int> = []
        var added: [Int] = []
        for root in forest.roots {
            let subject = subject(of: root)
            guard !subject.isEmpty, let other = bySubject[subject], other != root else { continue }
            joined.insert(root)
            let isMissing = forest.nodes[root].message == nil
            if forest.nodes[other].message == nil {
                forest.nodes[other].children += isMissing ? forest.nodes[root].children : [root]
            } else if isReply(root), !isReply(other) {
                forest.nodes[other].children.append(root)
            } else {
                let both = forest.append(message: nil)
                forest.nodes[both].children = [other, root]
                joined.insert(other)
                added.append(both)
                bySubject[subject] = both
            }
        }
        forest.roots = forest.roots.filter { !joined.contains($0) } + added.filter { !joined.contains($0) }
    }

    private func fact(of root: Int) -> ThreadFacts? {
        let node = forest.nodes[root]
        let message = node.message ?? node.children.first.flatMap { forest.nodes[$0].message }
        return message.flatMap { facts[$0] }
    }

    private func subject(of root: Int) -> [UInt8] { fact(of: root)?.subject ?? [] }
    private func isReply(_ root: Int) -> Bool { fact(of: root)?.isReplyOrForward ?? false }

    // MARK: REFS

    /// Threads by their newest message; equally new ones by their root, those whose root is missing before others.
    private mutating func sortByNewest() {
        var newest: [Int: Int64] = [:]
        for node in forest.preorder.reversed() {
            let own = forest.nodes[node].message == nil ? Int64.min : forest.nodes[node].date
            newest[node] = forest.nodes[node].children.reduce(own) { max($0, newest[$1] ?? .min) }
        }
        let sorted = forest.roots.sorted { left, right in
            let (first, second) = (newest[left] ?? .min, newest[right] ?? .min)
            guard first == second else { return first < second }
            return forest.nodes[left].message ?? -1 < forest.nodes[right].message ?? -1
        }
        forest.roots = sorted
    }
}
