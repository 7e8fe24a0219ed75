package import Directory

/// A list such as `smtpd_recipient_restrictions`: tried from left to right until one permits or refuses; the end permits.
package struct RestrictionList: Sendable {
    package var restrictions: [Restriction]
    package var location: SourceLocation?

    package init(_ restrictions: [Restriction] = [], location: SourceLocation? = nil) {
        self.restrictions = restrictions
        self.location = location
    }

    package var guardsRelaying: Bool { restrictions.contains(where: \.guardsRelaying) }
}
