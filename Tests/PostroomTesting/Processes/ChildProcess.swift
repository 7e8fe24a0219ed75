import Foundation
import Synchronization

/// A child process of the test: its output goes to a file, and it dies with the test process (`setpriv --pdeathsig`).
package final class ChildProcess: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    package enum Exit: Hashable, Sendable {
        case code(Int32)
        case signal(Int32)
    }

    private struct State {
        var exit: Exit?
        var waiting: [CheckedContinuation<Exit, Never>] = []
    }

    package let identifier: Int32
    package let command: [String]
    /// Standard output and standard error together.
    package let outputFile: String
    private let state = Mutex(State())

    private init(identifier: pid_t, command: [String], outputFile: String) {
        self.identifier = identifier
        self.command = command
        self.outputFile = outputFile
    }

    /// Starts a program given by its absolute path.
    package static func start(
        _ command: [String], input: String = "/dev/null", outputFile: String, environment: [String: String] = [:]
    ) async throws -> ChildProcess {
        let whole = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--"] + command
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        let result = await SpawningThread.shared.run {
            spawn(whole, input: input, output: outputFile, environment: variables)
        }
        switch result {
        case .failure(let failure): throw failure
        case .success(let identifier):
            let child = ChildProcess(identifier: identifier, command: command, outputFile: outputFile)
            let reaper = Thread { child.reap() }
            reaper.stackSize = 128 * 1024
            reaper.start()
            return child
        }
    }

    /// Runs a program to its end and gives what it wrote; any exit but 0 is an error that shows it.
    @discardableResult
    package static func run(
        _ command: [String], input: String = "/dev/null", in folder: TemporaryFolder,
        environment: [String: String] = [:]
    ) async throws -> String {
        let output = folder.path("output-\(UUID().uuidString)")
        let child = try await start(command, input: input, outputFile: output, environment: environment)
        let exit = await child.waitForExit()
        let text = child.output
        guard exit == .code(0) else {
            throw Failure(description: "\(command.joined(separator: " ")) ended with \(exit):\n\(text)")
        }
        return text
    }

    package var output: String {
        String(decoding: FileManager.default.contents(atPath: outputFile) ?? Data(), as: UTF8.self)
    }

    package var exit: Exit? { state.withLock { $0.exit } }

    package func waitForExit() async -> Exit {
        await withCheckedContinuation { continuation in
            let exit = state.withLock { state -> Exit? in
                if state.exit == nil { state.waiting.append(continuation) }
                return state.exit
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }

    /// Does nothing once the process has ended: its number may be another's by then.
    package func signal(_ number: Int32) {
        state.withLock { state in
            if state.exit == nil { _ = kill(identifier, number) }
        }
    }

    private func reap() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) == -1, errno == EINTR {}
        let (exit, waiting) = state.withLock { state in
            var status: Int32 = 0
            _ = waitpid(identifier, &status, 0)
            let exit: Exit = status & 0x7F == 0 ? .code(status >> 8 & 0xFF) : .signal(status & 0x7F)
            state.exit = exit
            defer { state.waiting = [] }
            return (exit, state.waiting)
        }
        for continuation in waiting { continuation.resume(returning: exit) }
    }

    deinit {
        signal(SIGKILL)
    }
}

private func spawn(
    _ command: [String], input: String, output: String, environment: [String]
) -> Result<pid_t, ChildProcess.Failure> {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let arguments = command.map { strdup($0) } + [nil]
    let variables = environment.map { strdup($0) } + [nil]
    defer { (arguments + variables).forEach { free($0) } }
    var identifier: pid_t = 0
    let status = posix_spawn(&identifier, command[0], &actions, &attributes, arguments, variables)
    guard status == 0 else {
        return .failure(.init(description: "can't start \(command[0]): \(String(cString: strerror(status)))"))
    }
    return .success(identifier)
}
