import MailModel

extension IMAPServerEngine {
    struct Refusal: Error {
        var text: String
    }

    /// The one message that REPLACE takes away (RFC 8508 §3.1).
    func uid(_ replaced: AppendHead.Replaced) -> Result<UInt32, Refusal> {
        guard let selected else { return .failure(Refusal(text: "BAD No mailbox selected.")) }
        guard !selected.isReadOnly else { return .failure(Refusal(text: "NO [CANNOT] Mailbox is read-only.")) }
        switch replaced {
        case .sequenceNumber(let number):
            guard number <= UInt32(clamping: selected.told.count) else {
                return .failure(Refusal(text: "BAD Error in IMAP command: Invalid messageset."))
            }
            return .success(selected.told.uids[Int(number) - 1])
        case .uid(let uid):
            guard selected.told.index(of: uid) != nil else {
                return .failure(Refusal(text: "NO [NONEXISTENT] There is no such message."))
            }
            return .success(uid)
        }
    }
}
