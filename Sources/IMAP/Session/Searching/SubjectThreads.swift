/// THREAD=ORDEREDSUBJECT (RFC 5256 §3): one thread for each base subject, in which all messages follow the first.
enum SubjectThreads {
    static func forest(_ facts: [Int: ThreadFacts]) -> ThreadForest {
        var forest = ThreadForest()
        let sorted = facts.sorted { left, right in
            if left.value.subject != right.value.subject {
                return left.value.subject.lexicographicallyPrecedes(right.value.subject)
            }
            return left.value.date == right.value.date ? left.key < right.key : left.value.date < right.value.date
        }
        var subject: [UInt8]?
        for (message, fact) in sorted {
            let node = forest.append(message: message, date: fact.date)
            if fact.subject == subject, let root = forest.roots.last {
                forest.nodes[root].children.append(node)
            } else {
                forest.roots.append(node)
                subject = fact.subject
            }
        }
        let roots = forest.roots.sorted { forest.precedes($0, $1) }
        forest.roots = roots
        return forest
    }
}
