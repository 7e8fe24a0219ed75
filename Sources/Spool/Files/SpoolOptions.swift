/// Where the spool lies and when it takes no more.
package struct SpoolOptions: Sendable {
    /// How the names of new messages are made durable.
    package enum DirectorySyncs: Hashable, Sendable {
        /// One sync for all messages that were named before it began.
        case shared
        /// One sync for each message, by its own thread.
        case each
    }

    /// An absolute path; what is missing of it is made, with mode 0700.
    package var path: [UInt8]
    /// New mail is refused while less than this is free, in bytes, after the message: `queue_minfree` of Postfix.
    package var minimumFree: UInt64
    /// In bytes; half as much again must be free. 0 where there is no limit.
    package var messageSizeLimit: UInt64
    /// The part of the file system that must be free, but never more than `maximumShare` bytes.
    package var minimumFreeShare: Double
    package var maximumShare: UInt64 = 1 << 30
    /// Inodes that must be free, where the file system counts them.
    package var minimumFreeFiles: UInt64
    package var syncs: DirectorySyncs
    /// Called before each step on files; what it throws stands for the step's failure. For tests.
    package var beforeStep: (@Sendable (SpoolStep) throws -> Void)?

    package init(
        path: [UInt8], minimumFree: UInt64 = 64 << 20, messageSizeLimit: UInt64 = 0, minimumFreeShare: Double = 0.01,
        minimumFreeFiles: UInt64 = 1000, syncs: DirectorySyncs = .shared
    ) {
        self.path = path
        self.minimumFree = minimumFree
        self.messageSizeLimit = messageSizeLimit
        self.minimumFreeShare = minimumFreeShare
        self.minimumFreeFiles = minimumFreeFiles
        self.syncs = syncs
    }

    /// What must be free, in bytes, in a file system of this size.
    package func reserve(ofTotal total: UInt64) -> UInt64 {
        let isShare = minimumFreeShare > 0 && minimumFreeShare <= 1
        let share =
            isShare ? min(UInt64(clamping: Int64(Double(total >> 10) * minimumFreeShare) << 10), maximumShare) : 0
        let (half, overflows) = messageSizeLimit.addingReportingOverflow(messageSizeLimit / 2)
        return max(minimumFree, overflows ? .max : half, share)
    }
}

/// One step on files, in the order in which a message goes through them.
package enum SpoolStep: Hashable, Sendable, CaseIterable {
    case makeTemporaryFile
    case write
    case syncFile
    case rename
    case syncDirectory
    case openForChange
    case truncate
    case append
    case syncChange
    case remove
}
