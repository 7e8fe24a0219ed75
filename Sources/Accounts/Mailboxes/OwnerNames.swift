package import Directory

/// Turns the names of users and groups into numbers. The name service may wait for a server: the closures run it where
/// waiting harms nobody.
package struct OwnerNames: Sendable {
    package var uid: @Sendable (_ name: String) async -> Outcome<UInt32>
    package var gid: @Sendable (_ name: String) async -> Outcome<UInt32>

    package init(
        uid: @escaping @Sendable (_ name: String) async -> Outcome<UInt32>,
        gid: @escaping @Sendable (_ name: String) async -> Outcome<UInt32>
    ) {
        self.uid = uid
        self.gid = gid
    }

    /// The fields with numbers in place of names. A name that nobody knows stays, and makes no account.
    func resolved(_ fields: Fields) async -> Outcome<Fields> {
        var result = fields
        for (field, resolve) in [("uid", uid), ("gid", gid)] {
            guard let value = fields[field], OwnerRules.number(value) == nil,
                let name = String(validating: value, as: UTF8.self), !name.isEmpty, name.utf8.count <= 256
            else { continue }
            switch await resolve(name) {
            case .found(let number): result.set(field, to: Array(String(number).utf8))
            case .absent: break
            case .unavailable(let reason): return .unavailable(reason)
            }
        }
        return .found(result)
    }
}
