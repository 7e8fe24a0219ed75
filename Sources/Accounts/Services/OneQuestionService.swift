import Directory
import NIOCore
import NIOPosix

/// What the services have in common that open a connection for each question.
struct OneQuestionService: Sendable {
    let name: String
    let address: ServiceAddress
    let timeLimit: TimeAmount
    private let admission: ServiceAdmission
    private let eventLoop: any EventLoop

    init(name: String, address: ServiceAddress, timeLimit: Duration, concurrent: Int) {
        self.name = name
        self.address = address
        self.timeLimit = TimeAmount(timeLimit)
        self.admission = ServiceAdmission(limit: concurrent)
        self.eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    }

    func ask(_ exchange: some ServiceExchange) async -> PasswordServiceVerdict {
        let deadline = NIODeadline.now() + timeLimit
        guard await admission.enter(until: deadline, on: eventLoop) else {
            return .unavailable(UnavailableReason(.incomplete, "\(name): too many questions wait for it already"))
        }
        defer { admission.leave() }
        return await ServiceConnection.run(exchange, at: address, deadline: deadline, on: eventLoop).verdict(of: name)
    }
}

extension ServiceAnswer {
    func verdict(of name: String) -> PasswordServiceVerdict {
        switch self {
        case .accepted(let user): .accepted(user: user)
        case .rejected: .rejected
        case .failed(let kind, let text):
            switch kind {
            case .unreachable: .unavailable(UnavailableReason(.unreachable, "\(name): \(text)"))
            case .incomplete: .unavailable(UnavailableReason(.incomplete, "\(name): \(text)"))
            case .misconfigured: .unavailable(UnavailableReason(.misconfigured, "\(name): \(text)"))
            }
        }
    }
}
