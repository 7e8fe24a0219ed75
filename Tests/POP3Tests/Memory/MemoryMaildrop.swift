import MailModel
import NIOCore
import Net
import SASL
import Synchronization

@testable import POP3

/// One mailbox in memory behind the services of a session: `anna`, whose password is `secret`.
final class MemoryAccount: POP3Services {
    struct State {
        var messages: [(message: POP3Message, content: String)] = []
        var isLocked = false
        var seen: Set<UInt32> = []
        /// What the next question is answered with.
        var failure: MailboxFailure?
        var isUnavailable = false
        var logins: [ConnectionFacts] = []
        var updates = 0
    }

    let state = Mutex(State())

    func deliver(_ content: String) {
        state.withLock { state in
            let uid = UInt32(state.messages.count + 1)
            let message = POP3Message(
                uid: uid, size: UInt64(content.utf8.count), uniqueID: Array("id\(uid)".utf8))
            state.messages.append((message, content))
        }
    }

    /// As another program would.
    func remove(_ uid: UInt32) {
        state.withLock { state in state.messages.removeAll { $0.message.uid == uid } }
    }

    func logIn(
        login: [UInt8], authorizationIdentity: [UInt8]?, password: Secret, _ connection: ConnectionFacts
    ) async -> POP3LoginOutcome {
        open(login == Array("anna".utf8) && password.matches("secret".utf8), connection)
    }

    func logIn(
        login: [UInt8], timestamp: [UInt8], digest: [UInt8], _ connection: ConnectionFacts
    ) async -> POP3LoginOutcome {
        open(
            login == Array("anna".utf8)
                && APOPDigest.matches(digest, timestamp: timestamp, password: Array("secret".utf8)), connection)
    }

    private func open(_ isRight: Bool, _ connection: ConnectionFacts) -> POP3LoginOutcome {
        state.withLock { state -> POP3LoginOutcome in
            state.logins.append(connection)
            if state.isUnavailable { return .unavailable }
            guard isRight else { return .rejected }
            if let failure = state.failure { return .failed(failure) }
            guard !state.isLocked else { return .inUse }
            state.isLocked = true
            return .accepted(MemoryMaildrop(self, state.messages.map(\.message)))
        }
    }
}

struct MemoryMaildrop: POP3Maildrop {
    let account: MemoryAccount
    let messages: [POP3Message]

    init(_ account: MemoryAccount, _ messages: [POP3Message]) {
        self.account = account
        self.messages = messages
    }

    func content(of message: POP3Message, headerOnly: Bool) async throws(MailboxFailure) -> ByteBuffer? {
        let (failure, content) = account.state.withLock { state in
            (state.failure, state.messages.first { $0.message.uid == message.uid }?.content)
        }
        if let failure { throw failure }
        guard headerOnly, let end = content?.firstRange(of: "\r\n\r\n") else {
            return content.map { ByteBuffer(string: $0) }
        }
        return content.map { ByteBuffer(string: String($0[..<end.upperBound])) }
    }

    func update(deleted: [POP3Message], retrieved: [POP3Message]) async throws(MailboxFailure) {
        let failure = account.state.withLock { state -> MailboxFailure? in
            state.updates += 1
            guard state.failure == nil else { return state.failure }
            state.seen.formUnion(retrieved.map(\.uid))
            state.messages.removeAll { deleted.contains($0.message) }
            return nil
        }
        if let failure { throw failure }
    }

    func close() async {
        account.state.withLock { $0.isLocked = false }
    }
}
