import Net

/// One call of sendmail(1): from what the program wrote to an exit code.
package struct LocalMailSubmission: Sendable {
    package var arguments: SendmailArguments
    /// Nil where the uid has no name.
    package var user: LocalUser?
    /// `NAME`, as sendmail(1) takes it for the full name.
    package var nameVariable: String?
    package var sockets: [String]
    /// How long a server that is being started again is waited for.
    package var patience: Duration

    package init(
        _ arguments: SendmailArguments, user: LocalUser?, nameVariable: String? = nil, sockets: [String],
        patience: Duration = .seconds(10)
    ) {
        self.arguments = arguments
        self.user = user
        self.nameVariable = nameVariable
        self.sockets = sockets
        self.patience = patience
    }

    /// What a program may write: more than any server takes.
    package static let inputLimit = 1 << 30

    package func run(_ input: [UInt8]) async -> LocalMailOutcome {
        let own = user.flatMap { LocalAddress(localPart: Array($0.name.utf8)) }
        guard let sender = arguments.sender ?? own.map({ .address($0) }) else {
            return LocalMailOutcome(
                LocalMailOutcome.noUser, ["this user has no name in passwd(5): say with -f who sends"])
        }
        let message: ProgramMessage
        do throws(ProgramMessage.Fault) {
            message = try ProgramMessage(input, arguments, author: author(sender, own))
        } catch {
            return LocalMailOutcome(LocalMailOutcome.dataError, [error.description] + saved(input))
        }
        guard !message.recipients.isEmpty else {
            let hint = arguments.takesRecipientsFromHeader ? "no recipient in the header" : "name a recipient, or -t"
            return LocalMailOutcome(LocalMailOutcome.usage, [hint] + saved(input))
        }
        let client: LocalMailClient
        do throws(LineConnectionError) {
            client = try await connect()
        } catch {
            return LocalMailOutcome(
                LocalMailOutcome.temporaryFailure, ["the mail server does not answer: \(error)"] + saved(input))
        }
        let answer = await client.send(
            message.content,
            LocalMailClient.Envelope(
                sender: sender, recipients: message.recipients, notify: arguments.notify, ret: arguments.ret,
                envelopeID: arguments.envelopeID, isEightBit: arguments.isEightBit))
        await client.close()
        switch answer {
        case .accepted(let refused):
            let told = refused.isEmpty ? [] : refused + ["the others have the message; a report goes to the sender"]
            return LocalMailOutcome(0, told)
        case .refused(let reasons, let code): return LocalMailOutcome(code, reasons + saved(input))
        case .deferred(let reasons):
            return LocalMailOutcome(LocalMailOutcome.temporaryFailure, reasons + saved(input))
        }
    }

    private func author(_ sender: SendmailArguments.Sender, _ own: LocalAddress?) -> ProgramMessage.Author? {
        guard let address = { if case .address(let address) = sender { address } else { own } }() else { return nil }
        let name = arguments.fullName ?? nameVariable ?? user?.fullName
        return ProgramMessage.Author(name: name?.isEmpty == true ? nil : name, address: address)
    }

    private func connect() async throws(LineConnectionError) -> LocalMailClient {
        let end = ContinuousClock.now + patience
        while true {
            var failure = LineConnectionError(peer: sockets.first ?? "", reason: "no socket is known")
            for socket in sockets {
                do throws(LineConnectionError) {
                    return try await LocalMailClient(socket: socket)
                } catch {
                    failure = error
                }
            }
            guard ContinuousClock.now < end, (try? await Task.sleep(for: .milliseconds(250))) != nil else {
                throw failure
            }
        }
    }

    /// Keeps what is not sent, and says where.
    private func saved(_ input: [UInt8]) -> [String] {
        guard !input.isEmpty, let user else { return [] }
        switch DeadLetter.save(input, home: user.home, sender: user.name) {
        case .success(let path): return ["the message is kept in \(path)"]
        case .failure(let fault): return ["the message is not kept: \(fault)"]
        }
    }
}
