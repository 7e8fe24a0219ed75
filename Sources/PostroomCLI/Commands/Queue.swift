import ArgumentParser
import Delivery
import Glibc
import PostroomServer
import SiteConfiguration

struct Queue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at mail that waits, and manage it.",
        discussion: """
            The running server is asked; where none runs, the queue's files are read and changed. For root, and for the \
            service's own user.
            """,
        subcommands: [
            QueueList.self, QueueShow.self, QueueFlush.self, QueueHold.self, QueueRelease.self, QueueDelete.self,
            QueueRequeue.self,
        ], defaultSubcommand: QueueList.self)
}

/// How every queue command reaches the queue.
struct QueueOptions: ParsableArguments {
    @OptionGroup var site: SiteOptions

    @Flag(help: "For programs: one JSON object a line.")
    var json = false

    /// Opens the queue, gives it to `body` and turns what goes wrong into an exit code.
    func withQueue(_ body: (QueueAccess) async throws -> Void) async throws {
        signal(SIGPIPE, SIG_DFL)
        let environment = ProcessEnvironment.current
        let source = try site.source()
        // A configuration with faults is no reason not to see what waits.
        let model = try? await SiteLoader.loadWhole(source, environment: environment).model
        let queue: QueueAccess
        do throws(QueueAccess.Fault) {
            queue = try await QueueAccess.open(model, environment: environment)
        } catch {
            Terminal.error("\(error)")
            if case .noPermission = error { throw ExitStatus.noPermission }
            throw ExitStatus.unavailable
        }
        do {
            try await body(queue)
        } catch {
            await queue.close()
            guard !(error is ExitCode) else { throw error }
            Terminal.error("\(error)")
            throw ExitStatus.temporaryFailure
        }
        await queue.close()
    }

    /// Asks, prints what `show` makes of each line, and fails where something was not done.
    func run(_ request: QueueRequest, on queue: QueueAccess, _ show: (QueueLine) -> Void) async throws {
        var isFailed = false
        try await queue.ask(request) { line in
            if json {
                Terminal.write(line.bytes)
            }
            if let fault = line.fault {
                isFailed = true
                let name = fault.id.map { "\(QueueText.visible($0)): " } ?? ""
                if !json { Terminal.error("\(name)\(QueueText.visible(fault.text))") }
            }
            if let error = line.error {
                isFailed = true
                if !json { Terminal.error(QueueText.visible(error)) }
            }
            if !json { show(line) }
        }
        if isFailed { throw ExitStatus.failure }
    }
}

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
