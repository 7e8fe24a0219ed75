import ArgumentParser
import Glibc
import PostroomServer

struct QueueShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a message that waits: envelope, header and body.")

    @OptionGroup var options: QueueOptions

    @Argument(help: "The message's name.")
    var id: String

    @Flag(help: "Only the envelope.")
    var envelope = false

    func run() async throws {
        try await options.withQueue { queue in
            let isTerminal = isatty(STDOUT_FILENO) == 1
            let request = QueueRequest(envelope ? .list : .show, ids: [id])
            try await options.run(request, on: queue) { line in
                if let message = line.message { print(QueueText.envelope(message)) }
                guard let content = line.content else { return }
                // A message must not give orders to a terminal.
                Terminal.write(isTerminal ? Array(QueueText.visibleLines(content).utf8) : Array(content))
            }
        }
    }
}
