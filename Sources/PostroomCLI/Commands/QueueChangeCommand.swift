import ArgumentParser
import PostroomServer

/// What is done to each message that is meant.
protocol QueueChangeCommand: AsyncParsableCommand {
    static var command: QueueRequest.Command { get }
    static var done: String { get }
    var options: QueueOptions { get }
    var selection: QueueSelection { get }
}

extension QueueChangeCommand {
    func validate() throws { try selection.check() }

    func run() async throws {
        try await options.withQueue { try await change($0) }
    }

    func change(_ queue: QueueAccess) async throws {
        var failure: (any Error)?
        for request in selection.requests(Self.command) {
            do {
                try await options.run(request, on: queue) { line in
                    if let done = line.done { print("\(done.id): \(Self.done)\(done.newID.map { " as \($0)" } ?? "")") }
                }
            } catch let code as ExitCode {
                failure = code
            }
        }
        if let failure { throw failure }
    }
}

struct QueueHold: QueueChangeCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Keep messages from being tried until they are released.")
    static let command = QueueRequest.Command.hold
    static let done = "held"

    @OptionGroup var options: QueueOptions
    @OptionGroup var selection: QueueSelection
}

struct QueueRelease: QueueChangeCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Let go of messages that are held.")
    static let command = QueueRequest.Command.release
    static let done = "released"

    @OptionGroup var options: QueueOptions
    @OptionGroup var selection: QueueSelection
}

struct QueueRequeue: QueueChangeCommand {
    static let configuration = CommandConfiguration(
        commandName: "requeue",
        abstract: "Queue messages anew: resolved again from the addresses as they were given, aliases and all.")
    static let command = QueueRequest.Command.requeue
    static let done = "queued anew"

    @OptionGroup var options: QueueOptions
    @OptionGroup var selection: QueueSelection
}
