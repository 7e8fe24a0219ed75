/// A control of a request or a response (RFC 4511 §4.1.11), its value as octets.
public struct LDAPControl: Hashable, Sendable {
    public var type: String
    /// Whether a server that doesn't know the control must refuse the request.
    public var isCritical: Bool
    public var value: [UInt8]?

    public init(type: String, isCritical: Bool = false, value: [UInt8]? = nil) {
        self.type = type
        self.isCritical = isCritical
        self.value = value
    }
}
