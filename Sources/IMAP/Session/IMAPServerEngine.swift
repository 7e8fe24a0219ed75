import MailModel
package import NIOCore
package import Net
import SASL

/// One IMAP session (RFC 3501, and the extensions that `capabilities` names), free of I/O.
///
/// Commands are worked on one after the other, in their order; what a command needs of the outside it asks by a `wait`
/// whose answer goes on where it stopped.
package struct IMAPServerEngine: SessionEngine {
    package typealias Wait = IMAPWait
    package typealias Answer = IMAPAnswer
    package typealias Event = IMAPEvent
    package typealias Step = SessionStep<IMAPWait>

    /// What the client's next octets are.
    enum Input: Sendable {
        case commands
        case authentication(tag: [UInt8], any ServerExchange)
        case idle(tag: [UInt8])
        case append(AppendRun)
    }

    /// How a command ends.
    struct Completion: Sendable {
        var tag: [UInt8]
        /// `OK …`, `NO …`.
        var text: String
        /// Whether EXPUNGE may be told before it: not with FETCH, STORE and SEARCH by sequence numbers.
        var expunges = true
        /// Whether HIGHESTMODSEQ is told with it, if the client knows what that is (RFC 7162 §3.2.7).
        var showsHighestModSeq = false
    }

    let options: IMAPServerOptions
    /// With what STARTTLS added to it: it goes with every login.
    private(set) var connection: ConnectionFacts
    var account: (any IMAPAccount)?
    var selected: SelectedMailbox?
    var enabled: EnabledExtensions = []
    /// What NOTIFY asked for; nil before it and after NOTIFY NONE.
    var notifications: Notifications?
    /// What contexts want to know of messages that came into their results (RFC 5465 §7), and which UIDs are new.
    var wantedOfNew: (uids: Set<UInt32>, items: [FetchItem]) = ([], [])
    var newSince: UInt32 = 0
    /// News came while a command had the connection to itself.
    var hasWaitingNews = false
    var framer = CommandFramer()
    var input = Input.commands
    private var continuation: (@Sendable (inout IMAPServerEngine, IMAPAnswer, inout ByteBuffer) -> Step)?
    private var errors = 0
    package var isCompressing = false
    /// The command that is being worked on.
    var runningTag: [UInt8]?

    package init(_ options: IMAPServerOptions, _ connection: ConnectionFacts) {
        self.options = options
        self.connection = connection
    }

    var isSecure: Bool { connection.tls != nil }
    var limits: IMAPLimits { account == nil ? options.limitsBeforeLogin : options.limitsAfterLogin }

    // MARK: SessionEngine

    package mutating func start(_ output: inout ByteBuffer) -> Step {
        output.writeString("* OK [CAPABILITY \(capabilities)] \(options.greeting)\r\n")
        return .needInput
    }

    package mutating func receive(_ input: inout ByteBuffer, _ output: inout ByteBuffer) -> Step {
        while true {
            // Many small commands can have big answers: they are written before more are made.
            if output.readableBytes > 128 << 10, input.readableBytes > 0 {
                return wait(.drain) { _, _, _ in .needInput }
            }
            guard let step = takeInput(&input, &output) else { return .needInput }
            guard case .needInput = step else { return step }
        }
    }

    package mutating func resume(with answer: IMAPAnswer, _ output: inout ByteBuffer) -> Step {
        guard let next = continuation else { return .needInput }
        continuation = nil
        let step = next(&self, answer, &output)
        guard hasWaitingNews, case .needInput = step, case .commands = input else { return step }
        return tellWatched(&output)
    }

    package mutating func tlsEstablished(_ facts: TLSFacts, _ output: inout ByteBuffer) -> Step {
        connection.tls = facts
        framer = CommandFramer()
        input = .commands
        errors = 0
        return .needInput
    }

    package mutating func injectedBeforeTLS(_ output: inout ByteBuffer) {
        output.writeStaticString("* BYE Commands came before the TLS handshake.\r\n")
    }

    package mutating func notify(_ event: IMAPEvent, _ output: inout ByteBuffer) -> Step {
        switch event {
        case .mailboxChanged: selectedChanged(&output)
        case .watchedChanged: tellWatched(&output)
        }
    }

    package mutating func timedOut(_ output: inout ByteBuffer) {
        output.writeStaticString("* BYE Disconnected for inactivity.\r\n")
    }

    package mutating func shuttingDown(_ output: inout ByteBuffer) {
        output.writeStaticString("* BYE Server shutting down.\r\n")
    }

    package var inputTimeout: TimeAmount {
        account == nil ? options.loginTimeout : options.idleTimeout
    }

    // MARK: Input

    /// Nil when more octets are needed.
    private mutating func takeInput(_ bytes: inout ByteBuffer, _ output: inout ByteBuffer) -> Step? {
        if case .append(let run) = input { return takeAppend(run, &bytes, &output) }
        switch framer.next(&bytes, limits: limits) {
        case .needInput: return nil
        case .tooLong(let beginning):
            if case .authentication(let tag, _) = input { return failAuthentication(tag, &output) }
            input = .commands
            let tag = CommandParser(limits: limits).tag(of: Array(beginning))
            return reject(tag, "BAD Command line too long.", &output)
        case .literal(let announcement): return takeAnnouncement(announcement, &output)
        case .command(let bytes):
            switch input {
            case .commands, .append: return take(bytes, &output)
            case .authentication(let tag, let exchange):
                return continueAuthentication(tag, exchange, line: bytes, &output)
            case .idle(let tag): return endIdle(tag, line: bytes, &output)
            }
        }
    }

    private mutating func takeAnnouncement(_ announcement: LiteralAnnouncement, _ output: inout ByteBuffer) -> Step {
        let text = framer.announcedText
        let parser = CommandParser(limits: limits)
        guard case .commands = input else {
            framer.abandon()
            input = .commands
            return reject(nil, "BAD Literal not expected here.", &output)
        }
        if account != nil, AppendGrammar.isAppend(text, limits: limits),
            let step = startAppend(text, announcement, &output)
        {
            return step
        }
        guard framer.gather(announcement, limits: limits) else {
            framer.abandon()
            let tag = parser.tag(of: text)
            let step = reject(tag, "NO [TOOBIG] Literal too big.", &output)
            guard !announcement.isSynchronizing else { return step }
            // It comes all the same; nothing behind it can be trusted to be a command.
            output.writeStaticString("* BYE Literal too big.\r\n")
            return .close
        }
        if announcement.isSynchronizing { output.writeStaticString("+ OK\r\n") }
        return .needInput
    }

    private mutating func take(_ bytes: [UInt8], _ output: inout ByteBuffer) -> Step {
        if bytes.isEmpty {
            // An empty line between commands, as some clients send behind a literal.
            errors += 1
            return errors > options.maximumErrors ? tooManyErrors(&output) : .needInput
        }
        if account != nil, AppendGrammar.isAppend(bytes, limits: limits),
            let step = startAppend(bytes, nil, &output)
        {
            return step
        }
        let result = CommandParser(limits: limits).parse(bytes)
        guard let tag = result.tag else { return reject(nil, "BAD Invalid tag.", &output) }
        runningTag = tag
        switch result.outcome {
        case .failure(let error): return reject(tag, Self.text(of: error), &output)
        case .command(let command): return perform(command, tag, &output)
        }
    }

    static func text(of error: IMAPSyntaxError) -> String {
        switch error.kind {
        case .malformed: "BAD Error in IMAP command: \(error.text)."
        case .unknownCommand: "BAD Unknown command."
        case .charset: "NO [BADCHARSET (UTF-8 US-ASCII)] \(error.text)."
        case .use: "NO [USEATTR] \(error.text)."
        case .limit: "NO [LIMIT] \(error.text)."
        }
    }

    // MARK: Replies

    /// A command that the client should not have sent.
    mutating func reject(_ tag: [UInt8]?, _ text: String, _ output: inout ByteBuffer) -> Step {
        errors += 1
        runningTag = nil
        output.writeBytes(tag ?? [UInt8(ascii: "*")])
        output.writeString(" \(text)\r\n")
        return errors >= options.maximumErrors ? tooManyErrors(&output) : .needInput
    }

    private mutating func tooManyErrors(_ output: inout ByteBuffer) -> Step {
        output.writeStaticString("* BYE Too many invalid IMAP commands.\r\n")
        return .close
    }

    /// Ends a command at once.
    mutating func reply(_ tag: [UInt8], _ text: String, _ output: inout ByteBuffer) -> Step {
        runningTag = nil
        output.writeBytes(tag)
        output.writeString(" \(text)\r\n")
        return .needInput
    }

    /// A command that counts against the client only while it has not logged in.
    mutating func countFailedLogin(_ output: inout ByteBuffer) -> Step {
        errors += 1
        return errors >= options.maximumErrors ? tooManyErrors(&output) : .needInput
    }

    mutating func forgetErrors() {
        errors = 0
    }

    /// Ends a command after telling what happened to the selected mailbox meanwhile.
    mutating func finish(_ completion: Completion, _ output: inout ByteBuffer) -> Step {
        // What no command asked for ends without a word.
        guard !completion.tag.isEmpty else { return .needInput }
        errors = 0
        guard let selected else { return reply(completion.tag, completion.text, &output) }
        let view = selected.mailbox.view
        guard !selected.isReadOnly, selected.hasUnclaimedMessages(in: view) else {
            return finish(completion, with: view, &output)
        }
        return wait(.mailbox(selected.mailbox, .claimRecent)) { engine, answer, output in
            guard case .view(let view, let first?) = answer else {
                return engine.finish(completion, with: view, &output)
            }
            engine.selected?.claim(first, in: view)
            return engine.finish(completion, with: view, &output)
        }
    }

    private mutating func finish(
        _ completion: Completion, with view: MailboxView, _ output: inout ByteBuffer
    ) -> Step {
        let before = selected?.told
        if completion.expunges { tellRemovedFromContexts(view, &output) }
        if !tellNews(view, expunges: completion.expunges, &output) { return .close }
        var text = completion.text
        if completion.showsHighestModSeq, enabled.showsModSeqs, text.hasPrefix("OK ") {
            text = "OK [HIGHESTMODSEQ \(view.highestModSeq)] " + text.dropFirst(3)
        }
        var ending = completion
        (ending.text, ending.showsHighestModSeq) = (text, false)
        let told = ending
        return updateContexts(since: before, &output) { engine, output in
            guard engine.wantedOfNew.items.isEmpty else { return engine.fetchNew([], since: before, told, &output) }
            return engine.reply(told.tag, told.text, &output)
        }
    }

    /// False when the session can't go on: the farewell is written.
    mutating func tellNews(
        _ view: MailboxView, expunges: Bool, flags: Bool = true, _ output: inout ByteBuffer
    ) -> Bool {
        switch selected?.update(to: view, expunges: expunges, flags: flags, enabled, &output) {
        case .done, nil: return true
        case .lost:
            output.writeStaticString("* BYE The selected mailbox was replaced.\r\n")
            return false
        }
    }

    mutating func wait(
        _ question: IMAPWait,
        then next: @escaping @Sendable (inout IMAPServerEngine, IMAPAnswer, inout ByteBuffer) -> Step
    ) -> Step {
        continuation = next
        return .wait(question)
    }

    /// Waits for something whose success says nothing but that it is done.
    mutating func waitToFinish(
        _ question: IMAPWait, _ completion: Completion, failingWith code: FailureText.Context = .plain
    )
        -> Step
    {
        wait(question) { engine, answer, output in
            var completion = completion
            if case .failed(let failure) = answer { completion.text = FailureText.text(failure, code) }
            return engine.finish(completion, &output)
        }
    }
}
