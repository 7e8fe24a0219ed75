package import Directory

/// `fail:text`: no key can be answered. Sites use it to try out what an outage does.
package struct FailTable: LookupTable {
    package let name: String
    package let location: SourceLocation?

    package var isPattern: Bool { false }

    /// - Parameter text: what follows `fail:`, for logs.
    package init(_ text: String, location: SourceLocation? = nil) {
        name = "fail:" + text
        self.location = location
    }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        answer(.unavailable(UnavailableReason(.misconfigured, "\(name): fails by its nature")), to: key)
    }
}
