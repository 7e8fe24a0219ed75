import ArgumentParser
import Glibc
import PostroomServer
import SiteConfiguration

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
