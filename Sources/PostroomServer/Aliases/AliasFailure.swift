/// Why an alias can't be changed, and what to do.
package struct AliasFailure: Error, Hashable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// What was asked for makes no sense: no address, an alias to itself.
        case badRequest
        /// It is so already, or stands against something.
        case conflict
        /// There is no such alias, or it doesn't lead there.
        case notThere
        /// The site has no place for it, or its configuration is faulty.
        case configuration
        case cannotWrite
        /// Later it may go: somebody else writes, the directory doesn't answer.
        case temporary
    }

    package var reason: Reason
    package var text: String
    package var remedy: String

    init(_ reason: Reason, _ text: String, remedy: String = "") {
        self.reason = reason
        self.text = text
        self.remedy = remedy
    }

    package var description: String { remedy.isEmpty ? text : "\(text) — \(remedy)" }
}

extension AliasFailure {
    init(_ failure: FileReplacement.Failure) {
        self =
            failure.isBusy
            ? AliasFailure(.temporary, "somebody else is changing the aliases", remedy: "try again")
            : AliasFailure(.cannotWrite, failure.description, remedy: "run it as the file's owner, or as root")
    }
}
