import MailModel
import NIOCore

extension IMAPAppend {
    /// Adds a piece of a message that the account has (RFC 4469 §3).
    func add(
        _ piece: MessagePiece, of account: any IMAPAccount, room: UInt64
    ) async throws(MailboxFailure) -> IMAPAnswer {
        let content: ByteBuffer?
        do throws(MailboxFailure) {
            content = try await account.content(of: piece)
        } catch {
            guard error.kind != .noSuchMailbox, error.kind != .notPermitted else { return .noSuchPiece }
            throw error
        }
        guard var content else { return .noSuchPiece }
        let size = content.readableBytes
        guard UInt64(size) <= room else { return .noRoom }
        while let chunk = content.readSlice(length: min(content.readableBytes, 1 << 20)), chunk.readableBytes > 0 {
            try await write(chunk)
        }
        return .catenated(UInt64(size))
    }
}

extension IMAPAccount {
    /// Nil for a message or a part that is not there.
    func content(of piece: MessagePiece) async throws(MailboxFailure) -> ByteBuffer? {
        let mailbox = try await open(piece.mailbox, readOnly: true) {}
        do throws(MailboxFailure) {
            let content = try await mailbox.content(of: piece)
            await mailbox.close()
            return content
        } catch {
            await mailbox.close()
            throw error
        }
    }
}

extension IMAPMailbox {
    fileprivate func content(of piece: MessagePiece) async throws(MailboxFailure) -> ByteBuffer? {
        let view = try await refresh()
        guard piece.uidValidity ?? view.uidValidity == view.uidValidity, view.index(of: piece.uid) != nil else {
            return nil
        }
        let message = try await fetch([piece.uid][...], .text).first
        guard let content = message?.content else { return nil }
        return content.withUnsafeReadableBytes { raw in
            let bytes = raw.bindMemory(to: UInt8.self).span
            let found = SectionContent(piece.section).content(
                bytes, { MIMEStructure.parse(bytes) }, header: MIMEStructure.headerRange(bytes))
            return found.map { ByteBuffer(bytes: $0) }
        }
    }
}
