import ArgumentParser

/// Exit codes of sysexits(3), as mail programs use them.
enum ExitStatus {
    static let usage = ExitCode(64)
    /// The input was wrong (a password that does not match, a table without the key).
    static let dataError = ExitCode(65)
    static let noUser = ExitCode(67)
    static let unavailable = ExitCode(69)
    static let software = ExitCode(70)
    /// A file can't be written.
    static let cannotCreate = ExitCode(73)
    static let temporaryFailure = ExitCode(75)
    static let noPermission = ExitCode(77)
    static let configuration = ExitCode(78)
    /// Some of what was asked for was not done; each is told.
    static let failure = ExitCode(1)
    /// postmap's answer for a key that a table does not have.
    static let notFound = ExitCode(1)
}
