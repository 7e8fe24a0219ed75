package import MailModel

extension MailboxLocation { static let placeholder = 0 }
