package import LDAP

/// When a shrinking is sudden, and how long it is doubted.
package struct ShrinkingGuardOptions: Hashable, Sendable {
    /// Questions with an answer that are remembered.
    package var maximumKnown: Int
    /// Known questions that are asked again when one comes back empty.
    package var sample: Int
    /// With fewer known questions than this nothing can be told, and an empty answer is believed.
    package var minimumSample: Int
    /// From 0 to 1: the share of the sample, or of the known questions asked within `window`, that must have come back
    /// empty. Beside it at least `minimumVanished` of the window's.
    package var share: Double
    package var window: Duration
    package var minimumVanished: Int
    /// An empty answer to a question that had none before is believed when a known one was found within so long.
    package var freshness: Duration
    /// Between looks while a shrinking is doubted.
    package var lookInterval: Duration
    /// A shrinking that was doubted for so long, with every look finding it again, is believed.
    package var beliefTime: Duration
    /// Questions that name one are passed on unseen.
    package var secretAttributes: Set<AttributeDescription>

    package init(
        maximumKnown: Int = 10_000, sample: Int = 8, minimumSample: Int = 3, share: Double = 0.5,
        window: Duration = .seconds(300), minimumVanished: Int = 10, freshness: Duration = .seconds(5),
        lookInterval: Duration = .seconds(60), beliefTime: Duration = .seconds(3600),
        secretAttributes: Set<AttributeDescription> = DirectoryCacheOptions.passwordAttributes
    ) {
        self.maximumKnown = max(1, maximumKnown)
        self.sample = max(1, sample)
        self.minimumSample = max(1, minimumSample)
        self.share = min(max(share, 0.01), 1)
        self.window = window
        self.minimumVanished = max(1, minimumVanished)
        self.freshness = freshness
        self.lookInterval = lookInterval
        self.beliefTime = beliefTime
        self.secretAttributes = secretAttributes
    }
}
