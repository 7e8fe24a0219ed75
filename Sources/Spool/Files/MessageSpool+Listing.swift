extension MessageSpool {
    /// The names of all messages, the oldest first.
    package func ids() async throws(SpoolFailure) -> [QueueID] {
        try await perform { SpoolListing(self.transactions.folders).ids }
    }

    /// These messages, read in one go and in their order; those that are gone, damaged or done with are left out.
    package func messages(_ ids: [QueueID]) async throws(SpoolFailure) -> [QueuedMessage] {
        try await perform {
            ids.compactMap { id -> QueuedMessage? in
                guard let message = try? self.transactions.read(id).contents.message else { return nil }
                return message.recipients.allSatisfy(\.state.isFinal) ? nil : message
            }
        }
    }
}
