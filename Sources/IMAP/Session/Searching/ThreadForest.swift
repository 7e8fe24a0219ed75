import NIOCore

/// Messages in threads: a forest whose nodes are messages, or stand for one that is missing.
struct ThreadForest {
    struct Node {
        /// Index into the view; nil for a message that is missing.
        var message: Int?
        var children: [Int] = []
        /// What siblings are ordered by.
        var date: Int64 = 0
    }

    var nodes: [Node] = []
    var roots: [Int] = []

    mutating func append(message: Int?, date: Int64 = 0) -> Int {
        nodes.append(Node(message: message, date: date))
        return nodes.count - 1
    }

    /// A missing message counts by its first child (RFC 5256 §3, REFERENCES step 4); equal dates by the mailbox's order.
    func precedes(_ left: Int, _ right: Int) -> Bool {
        let (left, right) = (counted(left), counted(right))
        if left.date != right.date { return left.date < right.date }
        return left.message ?? 0 < right.message ?? 0
    }

    private func counted(_ node: Int) -> Node {
        guard nodes[node].message == nil, let first = nodes[node].children.first else { return nodes[node] }
        return nodes[first]
    }

    /// Every node below the roots, each before its children.
    var preorder: [Int] {
        var order: [Int] = []
        var stack = Array(roots.reversed())
        while let node = stack.popLast() {
            order.append(node)
            stack += nodes[node].children.reversed()
        }
        return order
    }

    /// Sorts siblings by date, the youngest generation first (step 6).
    mutating func sortSiblings() {
        for node in preorder.reversed() where nodes[node].children.count > 1 {
            let sorted = nodes[node].children.sorted { precedes($0, $1) }
            nodes[node].children = sorted
        }
        let sorted = roots.sorted { precedes($0, $1) }
        roots = sorted
    }

    /// mailbox-data =/ "THREAD" [SP 1*thread-list] ; thread-list = "(" (thread-members / thread-nested) ")" ;
    /// thread-members = nz-number *(SP nz-number) [SP thread-nested] ; thread-nested = 2*thread-list
    func write(to output: inout ByteBuffer, number: (Int) -> UInt32) {
        enum Item {
            case node(Int)
            case close
        }
        var stack: [Item] = roots.reversed().flatMap { [Item.close, .node($0)] }
        var opens = true
        while let item = stack.popLast() {
            guard case .node(let index) = item else {
                output.writeStaticString(")")
                opens = true
                continue
            }
            output.writeString(opens ? "(" : " ")
            let node = nodes[index]
            if let message = node.message { output.writeString("\(number(message))") }
            switch node.children.count {
            case 0: break
            case 1:
                opens = node.message == nil
                if opens { stack.append(.close) }
                stack.append(.node(node.children[0]))
            default:
                if node.message != nil { output.writeStaticString(" ") }
                opens = true
                stack += node.children.reversed().flatMap { [Item.close, .node($0)] }
            }
        }
    }
}
