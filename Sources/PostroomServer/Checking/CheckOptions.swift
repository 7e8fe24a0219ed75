/// How far a check looks, and whom it tells how far it has come.
package struct CheckOptions: Sendable {
    /// Entries, accounts or addresses for each question.
    package var sample: Int
    /// For the directory and everything asked of it.
    package var timeLimit: Duration
    /// Called with the name of what is looked at next.
    package var progress: @Sendable (String) -> Void

    package init(
        sample: Int = 200, timeLimit: Duration = .seconds(120),
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.sample = max(1, sample)
        self.timeLimit = timeLimit
        self.progress = progress
    }
}
