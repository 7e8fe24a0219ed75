import ArgumentParser
import PostroomServer

struct QueueDelete: QueueChangeCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete messages; nobody is told.")
    static let command = QueueRequest.Command.delete
    static let done = "deleted"

    @OptionGroup var options: QueueOptions
    @OptionGroup var selection: QueueSelection

    @Flag(help: "Don't ask.")
    var yes = false

    func run() async throws {
        try await options.withQueue { queue in
            if selection.names == nil, !yes {
                var count = 0
                try await queue.ask(QueueRequest(.summary, filter: selection.filter)) { line in
                    count = line.summary?.messages ?? count
                }
                guard count > 0 else { return }
                guard Terminal.isInteractive else {
                    Terminal.error("this would delete \(count) messages: --yes does it")
                    throw ExitStatus.usage
                }
                Terminal.write(Array("Delete \(count) messages? Nobody will be told. [y/N] ".utf8))
                guard ["y", "yes"].contains(readLine()?.lowercased()) else { return }
            }
            try await change(queue)
        }
    }
}
