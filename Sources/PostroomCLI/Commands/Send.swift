import ArgumentParser
import Blocking
import Glibc
import PostroomServer
import SiteConfiguration

/// `postroom send`, and the programs sendmail, mailq and newaliases that are links to `postroom`. Their options are older
/// than any parser's habits: they are read by hand.
struct Send: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Hand in a message from standard input, as sendmail(1) does: postroom send -t, postroom send ADDRESS…",
        discussion: """
            -t takes the recipients from To, Cc and Bcc (Resent-… where there are any) beside those named, and removes Bcc. \
            -f ADDRESS: the envelope sender. -F NAME: the name in From. -i: a dot alone ends nothing. -N, -R, -V, -B: what \
            reports are asked for (RFC 3461), and 8BITMIME. -bs: SMTP on standard input and output. -bp, -bi, -q: as mailq, \
            newaliases, and a flush of the queue. All other options of Postfix's sendmail are taken and mean nothing here.

            A link named sendmail, mailq or newaliases to this program does the same.
            """)

    @Argument(parsing: .captureForPassthrough, help: "sendmail(1)'s options, and recipients.")
    var arguments: [String] = []

    func run() async throws {
        if arguments == ["--help"] || arguments == ["-h"] {
            print(Postroom.helpMessage(for: Send.self))
            return
        }
        throw ExitCode(await Self.run(arguments, calledAs: "sendmail"))
    }

    /// The exit code.
    static func run(_ arguments: [String], calledAs name: String) async -> Int32 {
        let parsed: SendmailArguments
        do throws(SendmailArguments.Fault) {
            parsed = try SendmailArguments(arguments, calledAs: name)
        } catch {
            Terminal.error("\(name): \(error)")
            return LocalMailOutcome.usage
        }
        switch parsed.mode {
        case .deliver: return await deliver(parsed, name)
        case .smtp: return await relay(name)
        case .rebuildAliases:
            Terminal.error("\(name): nothing to rebuild: the server reads alias files as they are (postroom reload)")
            return 0
        case .list: return await queue(["list"])
        case .flush: return await queue(["flush"])
        case .flushMessage(let id): return await queue(["flush", id])
        case .flushDomain(let domain): return await queue(["flush", "--domain", domain])
        }
    }

    private static func deliver(_ arguments: SendmailArguments, _ name: String) async -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        let environment = ProcessEnvironment.current
        let pool = BlockingPool(name: "input", threads: 1)
        let read = try? await pool.run { (input: Self.input(), user: LocalUser.current()) }
        guard let read, let input = read.input else {
            Terminal.error("\(name): the message can't be read, or is larger than 1 GiB")
            return LocalMailOutcome.dataError
        }
        let outcome = await LocalMailSubmission(
            arguments, user: read.user, nameVariable: environment["NAME"],
            sockets: LocalMail.sockets(environment: environment)
        ).run(input)
        for message in outcome.messages { Terminal.error("\(name): \(message)") }
        return outcome.code
    }

    private static func relay(_ name: String) async -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        let sockets = LocalMail.sockets(environment: ProcessEnvironment.current)
        let pool = BlockingPool(name: "relay", threads: 1)
        guard (try? await pool.run { SocketRelay.run(sockets: sockets) }) == true else {
            Terminal.error("\(name): the mail server does not answer at \(sockets.joined(separator: " or "))")
            return LocalMailOutcome.temporaryFailure
        }
        return 0
    }

    private static func queue(_ arguments: [String]) async -> Int32 {
        do {
            var command = try Postroom.parseAsRoot(["queue"] + arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            let text = Postroom.fullMessage(for: error)
            if !text.isEmpty { Terminal.error(text) }
            return Postroom.exitCode(for: error).rawValue
        }
    }

    /// All of standard input; nil where it fails or is too large.
    private static func input() -> [UInt8]? {
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0, result.count + count <= LocalMailSubmission.inputLimit else { return nil }
            if count == 0 { return result }
            result += buffer[..<count]
        }
    }
}
