import MailModel
import Net
import Synchronization

/// Puts an engine's questions to the house.
package final class SMTPPerformer: SessionPerformer {
    package typealias Engine = SMTPServerEngine

    package static var worksOnEventLoop: Bool { true }

    private let services: any SMTPServices
    /// The session of the transaction that the services hold open.
    private let open = Mutex<SMTPSessionFacts?>(nil)

    package init(_ services: any SMTPServices) {
        self.services = services
    }

    package func perform(_ wait: SMTPWait) async -> SMTPAnswer {
        switch wait {
        case .authenticate(let credentials, let facts):
            return .authentication(await services.authenticate(credentials, facts))
        case .sender(let sender, let facts):
            // Before the call: a connection that is lost during it may leave something open.
            open.withLock { $0 = facts }
            let reply = await services.sender(sender, facts)
            if let reply, !reply.isPositive { open.withLock { $0 = nil } }
            return .reply(reply)
        case .recipient(let recipient, let sender, let facts):
            return .reply(await services.recipient(recipient, of: sender, facts))
        case .data(let facts):
            return .reply(await services.data(facts))
        case .append(let chunk, let facts):
            return .reply(await services.append(chunk, facts))
        case .deliver(let body, let facts):
            let replies = await services.deliver(body, facts)
            open.withLock { $0 = nil }
            return .replies(replies)
        case .finish(let facts):
            let replies = await services.finish(facts)
            open.withLock { $0 = nil }
            return .replies(replies)
        case .abort(let facts):
            open.withLock { $0 = nil }
            await services.abort(facts)
            return .done
        }
    }

    package func finished() async {
        let facts = open.withLock { open in
            defer { open = nil }
            return open
        }
        if let facts { await services.abort(facts) }
    }
}
