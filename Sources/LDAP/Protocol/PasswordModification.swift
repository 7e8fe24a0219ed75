import NIOCore

/// The password modify operation (RFC 3062 §2).
///
///     PasswdModifyRequestValue ::= SEQUENCE {
///         userIdentity [0] OCTET STRING OPTIONAL, oldPasswd [1] OCTET STRING OPTIONAL,
///         newPasswd [2] OCTET STRING OPTIONAL }
public struct PasswordModification: Hashable, Sendable {
    /// nil is the identity of the connection.
    public var userIdentity: String?
    public var oldPassword: LDAPPassword?
    /// nil lets the server make one up.
    public var newPassword: LDAPPassword?

    public init(userIdentity: String? = nil, oldPassword: LDAPPassword? = nil, newPassword: LDAPPassword? = nil) {
        self.userIdentity = userIdentity
        self.oldPassword = oldPassword
        self.newPassword = newPassword
    }

    public var request: LDAPExtendedRequest {
        var writer = BERWriter(ByteBuffer())
        writer.element(BERTag.sequence) { writer in
            if let userIdentity { writer.text(userIdentity, tag: BERTag.primitive(0)) }
            if let oldPassword { writer.octets(oldPassword.bytes, tag: BERTag.primitive(1)) }
            if let newPassword { writer.octets(newPassword.bytes, tag: BERTag.primitive(2)) }
        }
        return LDAPExtendedRequest(
            name: LDAPExtension.modifyPassword, value: Array(writer.buffer.readableBytesView))
    }

    /// PasswdModifyResponseValue ::= SEQUENCE { genPasswd [0] OCTET STRING OPTIONAL }
    static func generatedPassword(in response: LDAPExtendedResponse) throws(LDAPDecodingError) -> LDAPPassword? {
        guard let value = response.value else { return nil }
        let result = value.withUnsafeBytes { bytes -> Result<LDAPPassword?, LDAPDecodingError> in
            do throws(LDAPDecodingError) {
                var reader = BERReader(bytes)
                var content = try reader.element(BERTag.sequence)
                return .success(try content.optionalElement(BERTag.primitive(0)).map { LDAPPassword($0.octets) })
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
