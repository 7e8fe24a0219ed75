import ArgumentParser
import PostroomServer

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a server with a sample directory and send a mail through it.")

    @Flag(help: "Stop after the mail has been read, even on a terminal.")
    var once = false

    func run() async throws {
        let keepsServing = !once && Terminal.isInteractive
        do {
            try await Demonstration.run(keepsServing: keepsServing, isColoured: Terminal.isColoured) { print($0) }
        } catch {
            Terminal.error("The demo failed: \(error)")
            throw ExitStatus.software
        }
    }
}
