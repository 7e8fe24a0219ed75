/// What becomes of a message while it waits.
package enum QueueChange: Hashable, Sendable {
    /// Recipients, by their place, all of which have this state now.
    case state([Int], QueuedState)
    /// Recipients for which another way was found or ordered.
    case way([Int], QueuedWay, isFixed: Bool)
    case envelope(QueuedEnvelope)
    case held(Bool)

    /// Whether it must survive a power cut before anybody acts on it. "Try again at" need not: lost, the message is tried
    /// once more too early.
    var isDurable: Bool {
        switch self {
        case .state(_, let state): state.isFinal
        case .way: false
        case .envelope, .held: true
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
            }
        case .envelope(let envelope):
            self.envelope = envelope
        case .held(let isHeld):
            self.isHeld = isHeld
        }
        return true
    }
}
