/// What becomes of a message while it waits.
package enum QueueChange: Hashable, Sendable {
    /// Recipients, by their place, all of which have this state now.
    case state([Int], QueuedState)
    /// Recipients for which another way was found or ordered.
    case way([Int], QueuedWay, isFixed: Bool)
    case envelope(QueuedEnvelope)
    case held(Bool)
    /// A recipient that waits became these, which are added behind the others; those that the message has already are not.
    /// The state is what it is then. Nothing changes where it waits no more.
    case expand(Int, [QueuedRecipient], QueuedState)

    /// Whether it must survive a power cut before anybody acts on it. "Try again at" need not: lost, the message is tried
    /// once more too early.
    var isDurable: Bool {
        switch self {
        case .state(_, let state): state.isFinal
        case .way: false
        case .envelope, .held, .expand: true
        }
    }
}

extension QueuedMessage {
    /// False, and nothing is changed, where the change names a recipient that the message does not have.
    package mutating func apply(_ change: QueueChange) -> Bool {
        switch change {
        case .state(let places, let state):
            guard places.allSatisfy(recipients.indices.contains) else { return false }
            for place in places { recipients[place].state = state }
        case .way(let places, let way, let isFixed):
            guard places.allSatisfy(recipients.indices.contains) else { return false }
            for place in places {
                recipients[place].way = way
                recipients[place].isWayFixed = isFixed
                recipients[place].mailbox = nil
            }
        case .envelope(let envelope):
            self.envelope = envelope
        case .held(let isHeld):
            self.isHeld = isHeld
        case .expand(let place, let copies, let state):
            guard recipients.indices.contains(place) else { return false }
            guard case .waiting = recipients[place].state else { return true }
            recipients[place].state = state
            add(copies)
        }
        return true
    }
}
