import ArgumentParser
import PostroomServer

struct QueueList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List mail that waits, as mailq does: * is being delivered, ! is held.")

    @OptionGroup var options: QueueOptions
    @OptionGroup var selection: QueueSelection

    @Flag(help: "Counts by state and destination.")
    var summary = false

    func run() async throws {
        try await options.withQueue { queue in
            var total = QueueTotal()
            for request in selection.requests(summary ? .summary : .list) {
                try await options.run(request, on: queue) { line in
                    if let message = line.message {
                        if total.messages == 0 { print(QueueText.heading) }
                        total.add(message)
                        print(QueueText.listed(message))
                    }
                    if let summary = line.summary { print(QueueText.summary(summary)) }
                }
            }
            if !options.json, !summary { print(total.text) }
        }
    }
}
