import MailModel
import NIOCore
import Net

/// RFC 9208: an account has one quota root, for all its mailboxes.
extension IMAPServerEngine {
    static let quotaCapabilities = [
        "QUOTA", "QUOTA=RES-STORAGE", "QUOTA=RES-MESSAGE",
    ]

    /// §4.1.1: only the root's name leads to it; to anybody else it does not exist.
    mutating func getQuota(
        _ tag: [UInt8], _ root: [UInt8], _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard root.elementsEqual(account.quotaRootName.utf8) else { return rejectQuotaRoot(tag, &output) }
        let completion = Completion(tag: tag, text: "OK Getquota completed.")
        return wait(.account(account, .quota)) { engine, answer, output in
            guard case .quota(let status) = answer else { return engine.finish(answer, completion, &output) }
            guard let status else { return engine.rejectQuotaRoot(tag, &output) }
            Self.write(status, account, &output)
            return engine.finish(completion, &output)
        }
    }

    /// §4.1.2: a mailbox that is not there may be asked for as well: whether there is room for it.
    mutating func getQuotaRoot(
        _ tag: [UInt8], _ wire: [UInt8], _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard let name = self.name(wire) else { return rejectName(tag, &output) }
        let completion = Completion(tag: tag, text: "OK Getquotaroot completed.")
        // What others own fills their quota, of which nothing is told.
        guard name.namespace == nil else {
            output.writeStaticString("* QUOTAROOT ")
            ResponseText.appendMailbox(naming(account).encode(name), to: &output)
            output.writeStaticString("\r\n")
            return finish(completion, &output)
        }
        return wait(.account(account, .quota)) { engine, answer, output in
            guard case .quota(let status) = answer else { return engine.finish(answer, completion, &output) }
            output.writeStaticString("* QUOTAROOT ")
            ResponseText.appendMailbox(engine.naming(account).encode(name), to: &output)
            if let status {
                output.writeStaticString(" ")
                ResponseText.appendString(Array(account.quotaRootName.utf8), to: &output)
                output.writeStaticString("\r\n")
                Self.write(status, account, &output)
            } else {
                output.writeStaticString("\r\n")
            }
            return engine.finish(completion, &output)
        }
    }

    /// §4.1.3: limits come from the directory; no client changes them.
    mutating func setQuota(
        _ tag: [UInt8], _ root: [UInt8], _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard root.elementsEqual(account.quotaRootName.utf8) else { return rejectQuotaRoot(tag, &output) }
        return finish(Completion(tag: tag, text: "NO [NOPERM] Quotas are not changed by clients."), &output)
    }

    /// §4.3.1: messages came in, and there are too many now.
    static func tellQuota(_ copied: CopiedMessages, _ output: inout ByteBuffer) {
        guard copied.exceedsQuota else { return }
        output.writeStaticString("* NO [OVERQUOTA] Soft quota has been exceeded.\r\n")
    }

    private mutating func rejectQuotaRoot(_ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        finish(Completion(tag: tag, text: "NO [NONEXISTENT] No such quota root."), &output)
    }

    /// quota-response = "QUOTA" SP quota-root-name SP "(" [resource SP usage SP limit *(SP …)] ")"
    ///
    /// STORAGE counts units of 1024 octets (§5.1): what is held is rounded up, what may be held down.
    private static func write(_ status: QuotaStatus, _ account: any IMAPAccount, _ output: inout ByteBuffer) {
        output.writeStaticString("* QUOTA ")
        ResponseText.appendString(Array(account.quotaRootName.utf8), to: &output)
        var resources: [String] = []
        if let limit = status.storageLimit {
            let used = status.usage.storage / 1024 + (status.usage.storage % 1024 == 0 ? 0 : 1)
            resources.append("STORAGE \(used) \(limit / 1024)")
        }
        if let limit = status.messageLimit { resources.append("MESSAGE \(status.usage.messages) \(limit)") }
        output.writeString(" (\(resources.joined(separator: " ")))\r\n")
    }
}
