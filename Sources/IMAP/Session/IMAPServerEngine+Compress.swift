import NIOCore
import Net

extension IMAPServerEngine {
    /// COMPRESS (RFC 4978 §3). The wait keeps what follows, which is compressed, from being read as a command.
    mutating func compress(_ tag: [UInt8], _ mechanism: String, _ output: inout ByteBuffer) -> Step {
        guard mechanism == "DEFLATE" else { return reject(tag, "BAD Unknown compression mechanism.", &output) }
        guard !isCompressing else {
            return finish(Completion(tag: tag, text: "NO [COMPRESSIONACTIVE] DEFLATE is active already."), &output)
        }
        isCompressing = true
        _ = reply(tag, "OK DEFLATE active.", &output)
        return wait(.drain) { _, _, _ in .needInput }
    }

    package var isTakingMessage: Bool {
        if case .append(let run) = input { return run.missing > 0 }
        return false
    }
}
