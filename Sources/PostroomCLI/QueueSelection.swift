import ArgumentParser
import Delivery
import PostroomServer
import SiteConfiguration

/// Which messages are meant.
struct QueueSelection: ParsableArguments {
    @Argument(help: ArgumentHelp("Names of messages, or ALL.", valueName: "id"))
    var ids: [String] = []

    @Option(help: ArgumentHelp("From this envelope sender: an address, @DOMAIN, or <>.", valueName: "address"))
    var sender: String?

    @Option(help: ArgumentHelp("With this recipient that waits: an address or @DOMAIN.", valueName: "address"))
    var recipient: String?

    @Option(help: ArgumentHelp("For this domain or next hop.", valueName: "domain"))
    var destination: String?

    @Option(help: ArgumentHelp("Whose last attempt failed with words that have this in them.", valueName: "text"))
    var reason: String?

    @Option(name: [.long, .customLong("age")], help: ArgumentHelp("Older than this: 30m, 2h, 5d.", valueName: "time"))
    var older: Age?

    @Option(help: ArgumentHelp("Younger than this.", valueName: "time"))
    var younger: Age?

    @Flag(help: "Only what is held.")
    var held = false

    struct Age: ExpressibleByArgument {
        var seconds: Int64

        init?(argument: String) {
            guard let duration = Quantity.duration(argument) else { return nil }
            seconds = duration.components.seconds
        }
    }

    var isAll: Bool { ids == ["ALL"] }
    var names: [String]? { ids.isEmpty || isAll ? nil : ids }

    var filter: QueueFilter? {
        var filter = QueueFilter()
        filter.sender = sender
        filter.recipient = recipient
        filter.destination = destination
        filter.reason = reason
        filter.older = older?.seconds
        filter.younger = younger?.seconds
        if held { filter.isHeld = true }
        return filter.isEmpty ? nil : filter
    }

    /// For commands that change something: nothing named is not everything.
    func check() throws {
        guard names == nil, !isAll, filter == nil else { return }
        throw ValidationError("name messages, ALL, or a condition such as --sender")
    }

    /// A request names a thousand messages at most.
    func requests(_ command: QueueRequest.Command) -> [QueueRequest] {
        guard let names else { return [QueueRequest(command, filter: filter)] }
        return stride(from: 0, to: names.count, by: 1000).map { start in
            QueueRequest(command, ids: Array(names[start..<min(start + 1000, names.count)]), filter: filter)
        }
    }
}
