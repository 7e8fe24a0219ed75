package import Delivery
import FoundationEssentials
import Glibc
import MailModel
import NIOCore
import Spool

/// One request under way: its answer comes in pieces of bounded size, so that a queue of any length can be listed.
package struct QueueRequestRun: Sendable {
    /// Messages that are looked at for one piece.
    private static let page = 64
    /// Octets of content in one piece.
    private static let chunk = 48 << 10

    private let request: QueueRequest
    private let administration: any QueueAdministration
    private var rest: ArraySlice<QueueID>?
    private var lines: [QueueLine] = []
    private var count = 0
    private var summary = QueueSummary()
    private var places: [String: Int] = [:]
    private var content: (octets: SpooledContent, offset: UInt64)?
    package private(set) var isDone = false

    package init(_ request: QueueRequest, _ administration: any QueueAdministration) {
        self.request = request
        self.administration = administration
    }

    /// The next lines; after the last of them `isDone` is true.
    package mutating func next() async -> [QueueLine] {
        lines = []
        do {
            try await advance()
        } catch {
            var line = QueueLine()
            line.error = "\(error)"
            lines.append(line)
            isDone = true
        }
        return lines
    }

    private mutating func advance() async throws {
        if request.command == .flush, request.ids == nil, request.filter ?? QueueFilter() == QueueFilter() {
            try await flush()
            return end()
        }
        if let (octets, offset) = content { return try await showMore(octets, offset) }
        var rest: ArraySlice<QueueID>
        if let known = self.rest {
            rest = known
        } else {
            rest = try await start()[...]
        }
        let ids = Array(rest.prefix(Self.page))
        rest = rest.dropFirst(ids.count)
        self.rest = rest
        let messages = try await administration.spool.messages(ids)
        let statuses = await administration.status(of: ids)
        let found = Set(messages.map(\.id))
        if request.ids != nil {
            for id in ids where !found.contains(id) {
                tell(id.description, "no-such-message", "there is no message \(id)")
            }
        }
        let now = Self.now()
        for message in messages where request.filter?.fits(message, now: now) ?? true {
            try await perform(message, statuses[message.id])
        }
        if rest.isEmpty, content == nil { end() }
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000
    }

    private mutating func start() async throws -> [QueueID] {
        guard let names = request.ids else { return try await administration.spool.ids() }
        var ids: [QueueID] = []
        for name in names {
            if let id = QueueID(name) {
                ids.append(id)
            } else {
                tell(String(name.prefix(64)), "no-such-message", "this is no name of a message")
            }
        }
        return ids
    }

    private mutating func flush() async throws {
        var selection = ScheduleSelection.all
        if let name = request.domain {
            guard let domain = Domain(name) else {
                return tell(nil, "failed", "\(String(name.prefix(255))) is no domain")
            }
            selection = .domain(domain)
        }
        try await administration.flush(selection)
    }

    // MARK: One message

    private mutating func perform(_ message: QueuedMessage, _ status: ScheduledMessageStatus?) async throws {
        let id = message.id
        do throws(QueueAdministrationFault) {
            var newID: QueueID?
            switch request.command {
            case .list: return list(ListedMessage(message, status))
            case .summary: return summary.add(ListedMessage(message, status), &places)
            case .show: return await show(message, status)
            case .hold: try await administration.hold(id)
            case .release:
                guard message.isHeld else { return tell(id.description, "failed", "it is not held") }
                try await administration.release(id)
            case .delete: try await administration.delete(id)
            case .requeue: newID = try await administration.requeue(id)
            case .flush: try await administration.flush(.message(id))
            }
            var line = QueueLine()
            line.done = QueueLine.Done(id: id.description, newID: newID?.description)
            lines.append(line)
            count += 1
        } catch {
            tell(id.description, error.kind.rawValue, error.description)
        }
    }

    private mutating func list(_ message: ListedMessage) {
        var line = QueueLine()
        line.message = message
        lines.append(line)
        count += 1
    }

    private mutating func show(_ message: QueuedMessage, _ status: ScheduledMessageStatus?) async {
        list(ListedMessage(message, status))
        do throws(SpoolFailure) {
            content = (try await administration.spool.content(message.id), 0)
            // One message, with its octets.
            rest = []
        } catch {
            tell(message.id.description, "failed", error.description)
        }
    }

    private mutating func showMore(_ octets: SpooledContent, _ offset: UInt64) async throws {
        let chunk = try await octets.chunk(at: offset, count: Self.chunk)
        guard chunk.readableBytes > 0 else {
            content = nil
            return end()
        }
        content = (octets, offset &+ UInt64(chunk.readableBytes))
        var line = QueueLine()
        line.content = Data(chunk.readableBytesView)
        lines.append(line)
    }

    private mutating func tell(_ id: String?, _ kind: String, _ text: String) {
        var line = QueueLine()
        line.fault = QueueLine.Fault(id: id, kind: kind, text: text)
        lines.append(line)
    }

    private mutating func end() {
        if request.command == .summary {
            var line = QueueLine()
            line.summary = summary
            lines.append(line)
            count = summary.messages
        }
        var line = QueueLine()
        line.end = QueueLine.End(count: count)
        lines.append(line)
        isDone = true
    }
}
