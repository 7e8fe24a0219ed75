import MailModel
import NIOCore
import NIOPosix
import Synchronization

/// Dovecot's auth service, as Postfix asks it (`smtpd_sasl_type = dovecot`). One connection is kept open for all
/// questions, and made anew when it is gone.
package final class DovecotAuthClient: PasswordService {
    private typealias Connection = NIOLoopBound<DovecotAuthConnection>

    private struct State {
        var connection: EventLoopFuture<Connection>?
        /// Tells a connection from those before it.
        var generation: UInt64 = 0
    }

    package let name: String
    private let address: ServiceAddress
    private let timeLimit: TimeAmount
    private let admission: ServiceAdmission
    private let eventLoop: any EventLoop
    private let state = Mutex(State())

    /// - Parameters:
    ///   - timeLimit: for a whole check, the wait for others included; Dovecot lets a wrong password wait for up to 17
    ///     seconds.
    ///   - concurrent: questions at once.
    package init(_ address: ServiceAddress, timeLimit: Duration = .seconds(60), concurrent: Int = 64) {
        self.name = "dovecot:\(address)"
        self.address = address
        self.timeLimit = TimeAmount(timeLimit)
        self.admission = ServiceAdmission(limit: concurrent)
        self.eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    }

    deinit {
        state.withLock { $0.connection }?.whenSuccess { $0.value.retire() }
    }

    package func check(_ question: PasswordQuestion) async -> PasswordServiceVerdict {
        guard !question.password.isEmpty, let request = DovecotAuthRequest(question) else { return .rejected }
        let deadline = NIODeadline.now() + timeLimit
        guard await admission.enter(until: deadline, on: eventLoop) else {
            return ServiceAnswer.failed(kind: .incomplete, "too many questions wait for it already").verdict(of: name)
        }
        defer { admission.leave() }
        var isSecond = false
        while true {
            let (connection, generation, isFresh) = connection(deadline)
            switch await ask(request, connection, deadline) {
            case .answer(let answer): return answer.verdict(of: name)
            case .late:
                discard(generation)
                return ServiceAnswer.failed(kind: .unreachable, "no answer in time").verdict(of: name)
            case .lost(let kind, let reason):
                discard(generation)
                // A kept connection may have ended long ago: only one made for this question tells something.
                guard !isFresh, !isSecond, !Task.isCancelled else {
                    return ServiceAnswer.failed(kind: kind, reason).verdict(of: name)
                }
                isSecond = true
            }
        }
    }

    private func ask(
        _ request: DovecotAuthRequest, _ connection: EventLoopFuture<Connection>, _ deadline: NIODeadline
    ) async -> DovecotAuthOutcome {
        let promise = eventLoop.makePromise(of: DovecotAuthOutcome.self)
        let timer = eventLoop.scheduleTask(deadline: deadline) { promise.succeed(.late) }
        defer { timer.cancel() }
        connection.whenComplete { result in
            switch result {
            case .success(let connection): connection.value.ask(request, promise)
            case .failure(let error): promise.succeed(.lost(.unreachable, ServiceConnection.reason(error)))
            }
        }
        return await withTaskCancellationHandler {
            do {
                return try await promise.futureResult.get()
            } catch {
                return .lost(.unreachable, ServiceConnection.reason(error))
            }
        } onCancel: {
            promise.succeed(.answer(.failed(kind: .unreachable, "given up")))
        }
    }

    private func connection(
        _ deadline: NIODeadline
    ) -> (connection: EventLoopFuture<Connection>, generation: UInt64, isFresh: Bool) {
        state.withLock { state in
            if let connection = state.connection { return (connection, state.generation, false) }
            state.generation &+= 1
            let connection = ServiceConnection.connect(to: address, deadline: deadline, on: eventLoop) { channel in
                try channel.pipeline.syncOperations.addHandler(DovecotAuthConnection())
            }.flatMapThrowing { channel in
                NIOLoopBound(
                    try channel.pipeline.syncOperations.handler(type: DovecotAuthConnection.self),
                    eventLoop: channel.eventLoop)
            }
            state.connection = connection
            return (connection, state.generation, true)
        }
    }

    /// Whoever asks next gets another connection; those who still wait on this one are not disturbed.
    private func discard(_ generation: UInt64) {
        let connection = state.withLock { state -> EventLoopFuture<Connection>? in
            guard state.generation == generation else { return nil }
            defer { state.connection = nil }
            return state.connection
        }
        connection?.whenSuccess { $0.value.retire() }
    }
}
