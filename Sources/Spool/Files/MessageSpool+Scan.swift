import Blocking
import Glibc
import MailModel

/// What a scan came upon.
package struct SpoolScan: Hashable, Sendable {
    /// Handed over.
    package var messages = 0
    /// Removed: nothing was left to do for any of their recipients.
    package var finished = 0
    /// Moved into `corrupt/`, or left where they are because they could not be read this time.
    package var faulty = 0
    /// What was wrong with the first hundred of them, each with its path.
    package var faults: [SpoolFailure] = []

    fileprivate mutating func add(_ fault: SpoolFailure) {
        faulty += 1
        if faults.count < 100 { faults.append(fault) }
    }
}

extension MessageSpool {
    /// A batch ends with this many messages, or with the message that brings it beyond this many recipients.
    private static let batch = (messages: 256, recipients: 2048)

    /// Hands over every message that was there when the spool was opened, the oldest first, in batches; meanwhile the spool
    /// is open for everything else. Once for each opening, soon after it. A file that is no message any more is moved into
    /// `corrupt/` and told in the answer; it stops nothing.
    package func scan(_ body: @Sendable ([QueuedMessage]) async -> Void) async throws(SpoolFailure) -> SpoolScan {
        var result = SpoolScan()
        let listing = try await perform { SpoolListing(self.transactions.folders) }
        for fault in listing.faults { result.add(fault) }
        var rest = before(listing.ids)[...]
        while !rest.isEmpty {
            guard !Task.isCancelled else { throw SpoolFailure(.unavailable, "the scan of the spool was given up") }
            let ids = rest
            let batch = try await perform { self.transactions.batch(ids, Self.batch.messages, Self.batch.recipients) }
            rest = rest.dropFirst(batch.count)
            for fault in batch.faults { result.add(fault) }
            result.finished += batch.finished
            result.messages += batch.messages.count
            if !batch.messages.isEmpty { await body(batch.messages) }
        }
        return result
    }
}

/// The names of all messages, in the order in which they came.
struct SpoolListing {
    var ids: [QueueID] = []
    var faults: [SpoolFailure] = []

    init(_ folders: SpoolFolders) {
        for shard in folders.allShards {
            do throws(SystemCallError) {
                for entry in try shard.entries() {
                    let id = QueueID(String(decoding: entry.name, as: UTF8.self))
                    if let id, [UInt8](shard.path.suffix(1)) == [QueueID.Shard(id).letter] {
                        ids.append(id)
                    } else {
                        let path = shard.path + [UInt8(ascii: "/")] + entry.name
                        faults.append(
                            SpoolFailure(
                                .damaged, "\(String(decoding: path, as: UTF8.self)) is no message of this spool"))
                    }
                }
            } catch {
                faults.append(SpoolFailure(error))
            }
        }
        // As numbers: a longer id is a later one, and the letters stand in the order of their octets.
        ids.sort { left, right in
            let (left, right) = (left.description.utf8, right.description.utf8)
            return left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
        }
    }
}

extension SpoolTransactions {
    struct Batch {
        /// How many of the ids given it covers.
        var count = 0
        var messages: [QueuedMessage] = []
        var finished = 0
        var faults: [SpoolFailure] = []
    }

    func batch(_ ids: ArraySlice<QueueID>, _ maximumMessages: Int, _ maximumRecipients: Int) -> Batch {
        var batch = Batch()
        var recipients = 0
        for id in ids.prefix(maximumMessages) where recipients < maximumRecipients {
            batch.count += 1
            do throws(SpoolFailure) {
                let message = try read(id).contents.message
                if message.recipients.allSatisfy(\.state.isDone) {
                    // The server ended between the last delivery, or its report, and the removal.
                    batch.finished += 1
                    try remove(id)
                } else {
                    recipients += message.recipients.count
                    batch.messages.append(message)
                }
            } catch {
                switch error.kind {
                case .noSuchMessage:
                    // Removed since its name was read.
                    break
                case .damaged:
                    batch.faults.append(setAside(id, for: error))
                case .noSpace, .unavailable, .busy:
                    batch.faults.append(error)
                }
            }
        }
        return batch
    }

    private func setAside(_ id: QueueID, for fault: SpoolFailure) -> SpoolFailure {
        do throws(SpoolFailure) {
            let path = try setAside(id)
            return SpoolFailure(.damaged, "\(fault); it is kept as \(String(decoding: path, as: UTF8.self))")
        } catch {
            return SpoolFailure(.damaged, "\(fault); it stays where it is: \(error)")
        }
    }
}
