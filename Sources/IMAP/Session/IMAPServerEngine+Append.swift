import MailModel
import NIOCore
import Net

/// An APPEND or REPLACE whose messages are coming in.
struct AppendRun: Sendable {
    var head: AppendHead
    /// The message that REPLACE takes away once the new one is there.
    var replacedUID: UInt32?
    /// Where the messages go; nil before the first one and after a failure.
    var target: (any IMAPAppend)?
    /// Set once the command has failed: what still comes is dropped.
    var failure: String?
    var place = AppendPlace.first
    /// What is to be done before more input is looked at.
    var steps: ArraySlice<AppendStep> = []
    var announcement: LiteralAnnouncement?
    var attributes: (flags: FlagList, internalDate: Int64?)?
    var messages = 0
    /// Octets of the present message so far.
    var size: UInt64 = 0
    /// Octets of the present literal that are yet to come.
    var missing = 0
    /// Octets of a literal, or the line behind them, are next: the command has not come to its end.
    var isWithinCommand = false
    /// For a message that came as a literal8.
    var conversion: BinaryPartConversion?
}

extension IMAPServerEngine {
    /// The whole command, or its begin up to the announcement of a literal; nil when that literal is to be gathered.
    mutating func startAppend(
        _ text: [UInt8], _ announcement: LiteralAnnouncement?, _ output: inout ByteBuffer
    ) -> Step? {
        var grammar = AppendGrammar(text, limits: limits)
        let head: AppendHead
        do {
            guard let read = try grammar.head() else { return nil }
            head = read
        } catch {
            let tag = CommandParser(limits: limits).tag(of: text) ?? [UInt8(ascii: "*")]
            framer.abandon()
            let run = AppendRun(head: AppendHead(tag: tag, mailbox: []), announcement: announcement)
            return fail(run, Self.text(of: error), &output)
        }
        runningTag = head.tag
        var run = AppendRun(head: head, announcement: announcement)
        let outcome = grammar.read(from: .first)
        if case .wantsString = outcome { return nil }
        framer.abandon()
        if let replaced = head.replaced {
            switch uid(replaced) {
            case .success(let uid): run.replacedUID = uid
            case .failure(let refusal): return fail(run, refusal.text, &output)
            }
        }
        return go(on: run, outcome, &output)
    }

    /// The present message's octets, or what stands behind them. Nil when more octets are needed.
    mutating func takeAppend(_ run: AppendRun, _ bytes: inout ByteBuffer, _ output: inout ByteBuffer) -> Step? {
        guard run.missing == 0 else { return takeOctets(run, &bytes) }
        var run = run
        let item = framer.next(&bytes, limits: limits)
        run.isWithinCommand = false
        switch item {
        case .needInput: return nil
        case .tooLong:
            run.announcement = nil
            return fail(run, "BAD Error in IMAP command: Expected the end of the line behind the message.", &output)
        case .literal(let announcement):
            run.announcement = announcement
            if run.failure != nil {
                framer.abandon()
                return drop(run, &output)
            }
            var grammar = AppendGrammar(framer.announcedText, limits: limits)
            let outcome = grammar.read(from: run.place)
            if case .wantsString = outcome, framer.gather(announcement, limits: limits) {
                if announcement.isSynchronizing { output.writeStaticString("+ OK\r\n") }
                return .needInput
            }
            framer.abandon()
            return go(on: run, outcome, &output)
        case .command(let text):
            run.announcement = nil
            guard run.failure == nil else { return drop(run, &output) }
            var grammar = AppendGrammar(text, limits: limits)
            return go(on: run, grammar.read(from: run.place), &output)
        }
    }

    private mutating func go(
        on run: AppendRun, _ outcome: AppendGrammar.Outcome, _ output: inout ByteBuffer
    ) -> Step {
        switch outcome {
        case .failure(let error): return fail(run, Self.text(of: error), &output)
        case .wantsString: return fail(run, "NO [TOOBIG] Literal too big.", &output)
        case .steps(let steps, let hasEnded):
            guard hasEnded == (run.announcement == nil) else {
                return fail(run, "BAD Error in IMAP command: Missing arguments.", &output)
            }
            var run = run
            run.steps = steps[...]
            return advance(run, &output)
        }
    }

    // MARK: Steps

    private mutating func advance(_ run: AppendRun, _ output: inout ByteBuffer) -> Step {
        var run = run
        guard let step = run.steps.popFirst() else { return endPresentMessage(run, &output) ?? commit(run, &output) }
        switch step {
        case .message(let flags, let internalDate): return begin(run, flags, internalDate, &output)
        case .url(let url): return catenate(run, url, &output)
        case .literal(let literal): return receive(literal, run, &output)
        }
    }

    private mutating func begin(
        _ run: AppendRun, _ flags: FlagList, _ internalDate: Int64?, _ output: inout ByteBuffer
    ) -> Step {
        if let failed = endPresentMessage(run, &output) { return failed }
        guard let account, let name = name(run.head.mailbox) else {
            return fail(run, "NO [CANNOT] Invalid mailbox name.", &output)
        }
        guard run.messages == 0 || (run.head.replaced == nil && run.messages < limits.elements) else {
            return fail(run, "BAD Error in IMAP command: Too many messages.", &output)
        }
        // Told of a message that comes in one piece: a client learns before it sends it that there is no room.
        var size: UInt64 = 0
        if case .literal(.message)? = run.steps.first, let announcement = run.announcement {
            size = UInt64(announcement.size)
            guard size <= options.messageSize else { return fail(run, tooBig, &output) }
        }
        var next = run
        next.attributes = (flags, internalDate)
        next.messages += 1
        next.size = 0
        let begun = next
        let question: AppendQuestion
        if let target = run.target, let (flags, internalDate) = run.attributes {
            question = .next(target, flags, internalDate: internalDate, size: size)
        } else {
            question = .start(account, name, size: size)
        }
        return wait(.append(question)) { engine, answer, output in
            var begun = begun
            switch answer {
            case .appending(let target): begun.target = target
            case .done: break
            default: return engine.fail(begun, engine.refusal(answer), &output)
            }
            return engine.advance(begun, &output)
        }
    }

    /// RFC 3502 §6.3.11: a message of no octets gives the command up.
    private mutating func endPresentMessage(_ run: AppendRun, _ output: inout ByteBuffer) -> Step? {
        guard run.messages > 0, run.size == 0 else { return nil }
        return fail(run, "NO An empty message can't be kept.", &output)
    }

    private mutating func catenate(_ run: AppendRun, _ text: [UInt8], _ output: inout ByteBuffer) -> Step {
        guard let target = run.target, let account else { return fail(run, "BAD Missing arguments.", &output) }
        guard let piece = messagePiece(text, account) else { return fail(run, Self.badURL(text), &output) }
        let room = options.messageSize - min(run.size, options.messageSize)
        return wait(.append(.catenate(target, account, piece, room: room))) { engine, answer, output in
            var run = run
            switch answer {
            case .catenated(let size):
                run.size += size
                return engine.advance(run, &output)
            case .noSuchPiece: return engine.fail(run, Self.badURL(text), &output)
            case .noRoom: return engine.fail(run, engine.tooBig, &output)
            default: return engine.fail(run, engine.refusal(answer), &output)
            }
        }
    }

    private mutating func receive(
        _ literal: AppendLiteral, _ run: AppendRun, _ output: inout ByteBuffer
    ) -> Step {
        guard let announcement = run.announcement else { return fail(run, "BAD Missing arguments.", &output) }
        if case .utf8 = literal, !enabled.contains(.utf8Accept) {
            return fail(run, "BAD UTF8 needs ENABLE UTF8=ACCEPT.", &output)
        }
        let (size, overflow) = run.size.addingReportingOverflow(UInt64(announcement.size))
        guard !overflow, size <= options.messageSize else { return fail(run, tooBig, &output) }
        if announcement.isSynchronizing, announcement.size > 0 || literal == .piece {
            output.writeStaticString("+ OK\r\n")
        } else if announcement.isSynchronizing {
            // Nothing of it needs to come to know that it is refused.
            return fail(run, "NO An empty message can't be kept.", &output)
        }
        var run = run
        run.announcement = nil
        run.place = AppendPlace(behind: literal)
        run.missing = announcement.size
        run.isWithinCommand = true
        run.conversion = literal == .message(hasBinary: true) ? BinaryPartConversion() : nil
        input = .append(run)
        return .needInput
    }

    // MARK: Octets

    private mutating func takeOctets(_ run: AppendRun, _ bytes: inout ByteBuffer) -> Step? {
        let length = min(run.missing, bytes.readableBytes, 1 << 20)
        guard length > 0, let chunk = bytes.readSlice(length: length) else { return nil }
        var run = run
        run.missing -= length
        guard run.failure == nil, let target = run.target else {
            input = .append(run)
            return .needInput
        }
        run.size += UInt64(length)
        var octets = chunk
        if var conversion = run.conversion {
            octets = ByteBuffer()
            conversion.convert(chunk, into: &octets)
            if run.missing == 0 { conversion.finish(into: &octets) }
            run.conversion = conversion
        }
        input = .append(run)
        let isTooComplex = run.conversion?.failure != nil
        let written = run
        return wait(.append(.write(target, octets))) { engine, answer, output in
            if case .failed(let failure) = answer {
                return engine.fail(written, FailureText.text(failure, .target), &output)
            }
            guard isTooComplex else { return .needInput }
            return engine.fail(written, "NO [UNKNOWN-CTE] The message's parts can't be told apart.", &output)
        }
    }

    // MARK: End

    private mutating func commit(_ run: AppendRun, _ output: inout ByteBuffer) -> Step {
        input = .commands
        guard let target = run.target, let (flags, internalDate) = run.attributes else {
            return fail(run, "BAD Error in IMAP command: Missing arguments.", &output)
        }
        let tag = run.head.tag
        guard let uid = run.replacedUID, let selected else {
            return wait(.append(.commit(target, flags, internalDate: internalDate))) { engine, answer, output in
                guard case .copied(let copied) = answer else {
                    return engine.finish(Completion(tag: tag, text: engine.refusal(answer)), &output)
                }
                Self.tellQuota(copied, &output)
                let code = Self.appendUID(copied)
                return engine.finish(Completion(tag: tag, text: "OK \(code)Append completed."), &output)
            }
        }
        let question = AppendQuestion.replace(
            target, flags, internalDate: internalDate, uid: uid, in: selected.mailbox)
        return wait(.append(question)) { engine, answer, output in
            guard case .copied(let copied) = answer else {
                return engine.finish(Completion(tag: tag, text: engine.refusal(answer)), &output)
            }
            // RFC 8508 §3.4: before the EXPUNGE, so that a client knows what became of the message.
            output.writeString("* OK \(Self.appendUID(copied))Replacement message ready.\r\n")
            return engine.finish(Completion(tag: tag, text: "OK Replace completed."), &output)
        }
    }

    /// resp-code-apnd = "APPENDUID" SP nz-number SP append-uid
    private static func appendUID(_ copied: CopiedMessages) -> String {
        guard !copied.destinationUIDs.isEmpty else { return "" }
        return "[APPENDUID \(copied.uidValidity) \(UIDSet.text(copied.destinationUIDs))] "
    }

    private var tooBig: String { "NO [TOOBIG] Message is bigger than \(options.messageSize) octets." }

    private func refusal(_ answer: IMAPAnswer) -> String {
        if case .failed(let failure) = answer { return FailureText.text(failure, .target) }
        return "NO [UNAVAILABLE] Temporarily unavailable; try again later."
    }

    /// Gives up what came in so far; what comes all the same is dropped.
    private mutating func fail(_ run: AppendRun, _ text: String, _ output: inout ByteBuffer) -> Step {
        var failed = run
        failed.failure = text
        failed.target = nil
        failed.steps = []
        failed.conversion = nil
        input = .append(failed)
        let rest = failed
        guard let target = run.target else { return drop(rest, &output) }
        return wait(.append(.abort(target))) { engine, _, output in engine.drop(rest, &output) }
    }

    /// A failed command goes on until the client has sent what it can't keep back.
    private mutating func drop(_ run: AppendRun, _ output: inout ByteBuffer) -> Step {
        let completion = Completion(tag: run.head.tag, text: run.failure ?? "BAD Invalid arguments.")
        var run = run
        guard !run.isWithinCommand else { return .needInput }
        guard let announcement = run.announcement, !announcement.isSynchronizing else {
            input = .commands
            return finish(completion, &output)
        }
        guard UInt64(announcement.size) <= options.messageSize else {
            input = .commands
            _ = reply(completion.tag, completion.text, &output)
            output.writeStaticString("* BYE Literal too big.\r\n")
            return .close
        }
        run.announcement = nil
        run.missing = announcement.size
        run.isWithinCommand = true
        input = .append(run)
        return .needInput
    }
}

/// uid-set (RFC 4315 §3): runs of consecutive UIDs as ranges, the order kept.
enum UIDSet {
    static func text(_ uids: [UInt32]) -> String {
        var result = ""
        var index = 0
        while index < uids.count {
            let first = uids[index]
            var last = first
            index += 1
            while index < uids.count, last < .max, uids[index] == last + 1 {
                last = uids[index]
                index += 1
            }
            if !result.isEmpty { result += "," }
            result += first == last ? "\(first)" : "\(first):\(last)"
        }
        return result
    }
}
