import ArgumentParser
import PostroomServer

struct QueueFlush: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flush", abstract: "Try waiting mail now: all of it, or what is named.")

    @OptionGroup var options: QueueOptions
    @OptionGroup var selection: QueueSelection

    @Option(help: "All mail for this domain or next hop.")
    var domain: String?

    func run() async throws {
        try await options.withQueue { queue in
            let requests =
                domain.map { [QueueRequest(.flush, domain: $0)] } ?? selection.requests(.flush)
            for request in requests { try await options.run(request, on: queue) { _ in } }
            if !queue.isServed, !options.json { Terminal.error("no server runs: it will be tried when one starts") }
        }
    }
}
