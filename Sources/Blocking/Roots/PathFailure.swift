package import MailModel

/// Why a path from a directory or from configuration is not opened.
package struct PathFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case notAbsolute
        case parentComponent
        case holdsNUL
        case tooLong
        case outsideRoots
        /// The path is a root itself, which holds mailboxes and is none.
        case isRoot
        /// A component is a link that leads out of the roots.
        case linkOutside(link: [UInt8], target: [UInt8])
        case tooManyLinks
        case system(SystemCallError)
    }

    package var path: [UInt8]
    package var reason: Reason

    package init(_ path: [UInt8], _ reason: Reason) {
        self.path = path
        self.reason = reason
    }

    package var isMissing: Bool {
        if case .system(let error) = reason { error.isMissing } else { false }
    }

    package var isDenied: Bool {
        if case .system(let error) = reason { error.isDenied } else { false }
    }

    package var description: String {
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        let path = text(path)
        return switch reason {
        case .notAbsolute: "path \(path) does not begin with /: give the whole path"
        case .parentComponent: "path \(path) holds a component .., which is never followed"
        case .holdsNUL: "path \(path) holds a NUL"
        case .tooLong: "path \(path.prefix(100))… is longer than \(MailRoots.maximumPathLength) bytes"
        case .outsideRoots: "path \(path) is not below a configured root: add its parent to the roots if it is meant"
        case .isRoot: "path \(path) is a root itself: a mailbox must lie below it"
        case .linkOutside(let link, let target):
            """
            path \(path): \(text(link)) is a link to \(text(target)), which is not below a configured root: \
            add the target's parent to the roots or remove the link
            """
        case .tooManyLinks: "path \(path) goes through more than \(MailRoots.maximumLinks) links"
        case .system(let error): error.description
        }
    }

    package var mailboxFailure: MailboxFailure {
        switch reason {
        case .system(let error) where error.isMissing: MailboxFailure(.noSuchMailbox, description)
        case .system(let error): error.mailboxFailure
        default: MailboxFailure(.misconfigured, description)
        }
    }
}
