import MailModel
import NIOCore
import Net

/// An APPEND whose message is coming in.
struct AppendInProgress: Sendable {
    enum Progress: Sendable {
        /// Goes to the store.
        case writing(any IMAPAppend)
        /// Is dropped; the reply is decided. Only for a literal that comes without being asked for.
        case dropping(reply: String)
    }

    var tag: [UInt8]
    var request: AppendRequest
    var progress: Progress
    /// Octets of the message that are yet to come.
    var missing: Int

    func taking(_ length: Int) -> AppendInProgress {
        var rest = self
        rest.missing -= length
        return rest
    }
}

extension IMAPServerEngine {
    /// Asks the store before the client is let go on (RFC 3501 §6.3.11, RFC 7889 §4).
    mutating func startAppend(
        _ tag: [UInt8], _ request: AppendRequest, _ announcement: LiteralAnnouncement, _ output: inout ByteBuffer
    ) -> Step {
        guard UInt64(announcement.size) <= options.messageSize else {
            _ = reply(tag, "NO [TOOBIG] Message is bigger than \(options.messageSize) octets.", &output)
            guard !announcement.isSynchronizing else { return .needInput }
            output.writeStaticString("* BYE Literal too big.\r\n")
            return .close
        }
        guard let account, let name = Self.name(request.mailbox, account) else {
            return refuseAppend(
                tag, request, announcement, "NO [CANNOT] Invalid mailbox name.", &output)
        }
        return wait(.append(.start(account, name, size: UInt64(announcement.size)))) { engine, answer, output in
            guard case .appending(let append) = answer else {
                return engine.refuseAppend(tag, request, announcement, engine.refusal(answer), &output)
            }
            if announcement.isSynchronizing { output.writeStaticString("+ OK\r\n") }
            engine.input = .append(
                AppendInProgress(tag: tag, request: request, progress: .writing(append), missing: announcement.size))
            return .needInput
        }
    }

    private func refusal(_ answer: IMAPAnswer) -> String {
        if case .failed(let failure) = answer { return FailureText.text(failure, .target) }
        return "NO [UNAVAILABLE] Temporarily unavailable; try again later."
    }

    private mutating func refuseAppend(
        _ tag: [UInt8], _ request: AppendRequest, _ announcement: LiteralAnnouncement, _ text: String,
        _ output: inout ByteBuffer
    ) -> Step {
        if announcement.isSynchronizing { return finish(Completion(tag: tag, text: text), &output) }
        input = .append(
            AppendInProgress(
                tag: tag, request: request, progress: .dropping(reply: text), missing: announcement.size))
        return .needInput
    }

    /// Nil when more octets are needed.
    mutating func takeAppend(
        _ append: AppendInProgress, _ bytes: inout ByteBuffer, _ output: inout ByteBuffer
    ) -> Step? {
        guard append.missing > 0 else { return endAppend(append, &bytes, &output) }
        let length = min(append.missing, bytes.readableBytes, 1 << 20)
        guard length > 0, let chunk = bytes.readSlice(length: length) else { return nil }
        let append = append.taking(length)
        input = .append(append)
        guard case .writing(let target) = append.progress else { return .needInput }
        return wait(.append(.write(target, chunk))) { engine, answer, output in
            guard case .failed(let failure) = answer else { return .needInput }
            return engine.abort(target, append, FailureText.text(failure, .target))
        }
    }

    /// The rest of the message comes all the same, and is dropped.
    private mutating func abort(_ target: any IMAPAppend, _ append: AppendInProgress, _ text: String) -> Step {
        var append = append
        append.progress = .dropping(reply: text)
        input = .append(append)
        return wait(.append(.abort(target))) { _, _, _ in .needInput }
    }

    private mutating func endAppend(
        _ append: AppendInProgress, _ bytes: inout ByteBuffer, _ output: inout ByteBuffer
    ) -> Step? {
        let item = framer.next(&bytes, limits: limits)
        if item == .needInput { return nil }
        input = .commands
        var text = "BAD Error in IMAP command: Expected the end of the line behind the message."
        if item == .command([]) {
            switch append.progress {
            case .writing(let target): return commit(target, append)
            case .dropping(let reply): text = reply
            }
        } else if case .literal = item {
            framer.abandon()
        }
        let completion = Completion(tag: append.tag, text: text)
        guard case .writing(let target) = append.progress else { return finish(completion, &output) }
        return wait(.append(.abort(target))) { engine, _, output in engine.finish(completion, &output) }
    }

    private mutating func commit(_ target: any IMAPAppend, _ append: AppendInProgress) -> Step {
        let tag = append.tag
        let question = AppendQuestion.commit(
            target, append.request.flags, internalDate: append.request.internalDate)
        return wait(.append(question)) { engine, answer, output in
            switch answer {
            case .copied(let copied):
                let code =
                    copied.destinationUIDs.isEmpty
                    ? "" : "[APPENDUID \(copied.uidValidity) \(UIDSet.text(copied.destinationUIDs))] "
                return engine.finish(Completion(tag: tag, text: "OK \(code)Append completed."), &output)
            default: return engine.finish(Completion(tag: tag, text: engine.refusal(answer)), &output)
            }
        }
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
