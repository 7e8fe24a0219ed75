import MailModel
import NIOCore
import Net

extension SMTPServerEngine {
    // MARK: MAIL

    mutating func mail(_ arguments: ArraySlice<UInt8>, _ output: inout ByteBuffer) -> Step? {
        if options.requiresHello, facts.helo == nil {
            refuse("503 5.5.1 Error: send HELO/EHLO first", &output)
            return nil
        }
        if options.requiresAuthentication, facts.login == nil {
            refuse("530 5.7.0 Authentication required", &output)
            return nil
        }
        if transaction != nil {
            refuse("503 5.5.1 Error: nested MAIL command", &output)
            return nil
        }
        let sender: EnvelopeSender
        do throws(SMTPSyntaxError) {
            sender = try parser.sender(arguments)
        } catch {
            say(error.reply, &output)
            return nil
        }
        let limit = options.limits.messageSize
        if let size = sender.declaredSize, limit > 0, size > UInt64(limit) {
            refuse("552 5.3.4 Message size exceeds fixed limit", &output)
            return nil
        }
        pending = .sender(sender)
        return .wait(.sender(sender, facts))
    }

    mutating func senderAnswered(_ sender: EnvelopeSender, _ reply: SMTPReply?, _ output: inout ByteBuffer) -> Step? {
        if let reply {
            say(reply, &output)
            if reply.code == 421 || reply.code == 521 { return .close }
            if !reply.isPositive { return nil }
        } else {
            say("250 2.1.0 Ok", &output)
        }
        transaction = SMTPTransaction(sender: sender)
        return nil
    }

    // MARK: RCPT

    mutating func recipient(_ arguments: ArraySlice<UInt8>, _ output: inout ByteBuffer) -> Step? {
        guard let transaction else {
            refuse("503 5.5.1 Error: need MAIL command", &output)
            return nil
        }
        if transaction.isChunked {
            refuse("503 5.5.1 Error: RCPT after BDAT", &output)
            return nil
        }
        if transaction.accepted >= options.limits.recipients {
            // RFC 5321 §4.5.3.1.10: a temporary reply; the client sends the rest in another transaction.
            self.transaction?.refusedForNumber &+= 1
            if transaction.refusedForNumber >= options.limits.recipientOvershoot { errors &+= 1 }
            say("452 4.5.3 Error: too many recipients", &output)
            return nil
        }
        let recipient: EnvelopeRecipient
        do throws(SMTPSyntaxError) {
            recipient = try parser.recipient(arguments)
        } catch {
            say(error.reply, &output)
            return nil
        }
        pending = .recipient
        return .wait(.recipient(recipient, of: transaction.sender, facts))
    }

    mutating func recipientAnswered(_ reply: SMTPReply?, _ output: inout ByteBuffer) -> Step? {
        let reply = reply ?? SMTPReply(451, .init(4, 3, 0), "Error: internal error")
        say(reply, &output)
        if reply.code == 421 || reply.code == 521 { return .close }
        if reply.isPositive { transaction?.accepted &+= 1 }
        return nil
    }
}
