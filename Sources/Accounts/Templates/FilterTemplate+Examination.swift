package import LDAP

/// What a database asks, apart from any login: for one who examines whether a directory can answer it.
extension FilterTemplate {
    /// The filter with every assertion that depends on the login replaced by presence: `(uid=%u)` as `(uid=*)`.
    package var presence: LDAPFilter {
        filter.presence { isVariable($0) }
    }

    /// Whether it finds the same for every login.
    package var isKeyless: Bool { !templates.keys.contains(where: isVariable) }

    /// The attributes whose values are logins, or the part before their `@`: those that are compared with `%u` or `%n`
    /// and nothing else.
    package var loginAttributes: [AttributeDescription] {
        filter.assertions.compactMap { assertion in
            guard case .equality(let attribute, let value) = assertion, let template = templates[value],
                template.isLoginItself
            else { return nil }
            return attribute
        }
    }

    private func isVariable(_ value: [UInt8]) -> Bool {
        templates[value].map { !$0.isConstant } ?? false
    }
}

extension Template {
    /// `%u`, `%Lu`, `%n`, and the same by their long names.
    fileprivate var isLoginItself: Bool {
        guard segments.count == 1, case .variable(_, _, .whole) = segments[0], attributes.isEmpty else { return false }
        let names: Set<LoginVariable> = [.user, .username, .originalUser, .originalUsername]
        return !loginVariables.isEmpty && loginVariables.isSubset(of: names)
    }
}
