import ArgumentParser

struct Queue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at mail that waits, and manage it.",
        discussion: """
            The running server is asked; where none runs, the queue's files are read and changed. For root, and for the \
            service's own user.
            """,
        subcommands: [
            QueueList.self, QueueShow.self, QueueFlush.self, QueueHold.self, QueueRelease.self, QueueDelete.self,
            QueueRequeue.self,
        ], defaultSubcommand: QueueList.self)
}
