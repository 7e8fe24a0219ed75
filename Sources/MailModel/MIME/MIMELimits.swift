/// How much of a message is looked into. Beyond a limit the rest counts as opaque content: a message is never refused
/// for its form.
package struct MIMELimits: Hashable, Sendable {
    /// Parts within parts; a container at this depth is a leaf.
    package var nesting: Int
    /// Parts of one message; from there on boundaries are content.
    package var parts: Int
    /// Octets of one header field that are read as its value.
    package var fieldLength: Int
    /// Octets of one header that are looked at.
    package var headerLength: Int
    /// Parameters of one Content-Type or Content-Disposition.
    package var parameters: Int
    /// Addresses of one header field.
    package var addresses: Int

    package init(
        nesting: Int = 100, parts: Int = 10_000, fieldLength: Int = 1 << 20, headerLength: Int = 10 << 20,
        parameters: Int = 64, addresses: Int = 10_000
    ) {
        self.nesting = nesting
        self.parts = parts
        self.fieldLength = fieldLength
        self.headerLength = headerLength
        self.parameters = parameters
        self.addresses = addresses
    }

    package static let standard = MIMELimits()
}
