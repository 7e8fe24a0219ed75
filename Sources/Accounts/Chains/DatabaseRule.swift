/// What follows from a database's answer: Dovecot's `result_success`, `result_failure` and `result_internalfail`.
package enum DatabaseRule: String, CaseIterable, Hashable, Sendable {
    /// The chain has succeeded, and ends.
    case returnOK = "return-ok"
    /// The chain ends with what it has come to before.
    case `return`
    case returnFail = "return-fail"
    /// The next database is asked; what the chain has come to stays.
    case `continue`
    case continueOK = "continue-ok"
    case continueFail = "continue-fail"

    var continues: Bool {
        switch self {
        case .continue, .continueOK, .continueFail: true
        case .return, .returnOK, .returnFail: false
        }
    }

    /// What the chain comes to by it; nil leaves that as it is.
    var success: Bool? {
        switch self {
        case .returnOK, .continueOK: true
        case .returnFail, .continueFail: false
        case .return, .continue: nil
        }
    }
}

/// How one password database stands in its chain: Dovecot's settings of a `passdb`, with Dovecot's defaults.
package struct PasswordDatabaseRules: Sendable {
    package enum Passing: String, CaseIterable, Hashable, Sendable {
        case never
        /// Not asked once a database before it has accepted the password.
        case authenticated
        /// Asked only then.
        case unauthenticated
    }

    /// Nil is `return-ok`, for a master database with `pass = yes` `continue`.
    package var success: DatabaseRule?
    package var failure: DatabaseRule
    package var internalFailure: DatabaseRule
    package var skip: Passing
    /// Whoever is found here may not log in.
    package var isDeny: Bool
    /// Asked only for those who log in as another (`user*master`).
    package var isMaster: Bool
    /// After a master's login the other databases are asked whether the user exists.
    package var passes: Bool
    /// SASL mechanisms that it is asked for; empty for all. `none` stands for lookups without a password.
    package var mechanisms: [String]
    /// Patterns with `*` and `?` of logins that it is asked for, those behind `!` it is not; empty for all.
    package var usernameFilter: [String]
    /// Fields set before it is asked, and after it has accepted.
    package var defaultFields: AttributeMapping
    package var overrideFields: AttributeMapping

    package init(
        success: DatabaseRule? = nil, failure: DatabaseRule = .continue, internalFailure: DatabaseRule = .continue,
        skip: Passing = .never, isDeny: Bool = false, isMaster: Bool = false, passes: Bool = false,
        mechanisms: [String] = [], usernameFilter: [String] = [], defaultFields: AttributeMapping = AttributeMapping(),
        overrideFields: AttributeMapping = AttributeMapping()
    ) {
        self.success = success
        self.failure = failure
        self.internalFailure = internalFailure
        self.skip = skip
        self.isDeny = isDeny
        self.isMaster = isMaster
        self.passes = passes
        self.mechanisms = mechanisms
        self.usernameFilter = usernameFilter
        self.defaultFields = defaultFields
        self.overrideFields = overrideFields
    }

    var successRule: DatabaseRule { success ?? (isMaster && passes ? .continue : .returnOK) }

    func isAsked(mechanism: String, user: [UInt8], isVerified: Bool) -> Bool {
        if !mechanisms.isEmpty, !mechanisms.contains(where: { $0.lowercased() == mechanism.lowercased() }) {
            return false
        }
        guard WildcardPattern.accepts(user, usernameFilter) else { return false }
        return switch skip {
        case .never: true
        case .authenticated: !isVerified
        case .unauthenticated: isVerified
        }
    }
}

/// How one user database stands in its chain: Dovecot's settings of a `userdb`.
package struct UserDatabaseRules: Sendable {
    package enum Passing: String, CaseIterable, Hashable, Sendable {
        case never
        /// Not asked once a database before it has found the user.
        case found
        /// Asked only then.
        case notFound = "notfound"
    }

    package var success: DatabaseRule
    package var failure: DatabaseRule
    package var internalFailure: DatabaseRule
    package var skip: Passing
    package var defaultFields: AttributeMapping
    package var overrideFields: AttributeMapping

    package init(
        success: DatabaseRule = .returnOK, failure: DatabaseRule = .continue,
        internalFailure: DatabaseRule = .continue, skip: Passing = .never,
        defaultFields: AttributeMapping = AttributeMapping(), overrideFields: AttributeMapping = AttributeMapping()
    ) {
        self.success = success
        self.failure = failure
        self.internalFailure = internalFailure
        self.skip = skip
        self.defaultFields = defaultFields
        self.overrideFields = overrideFields
    }

    func isAsked(isFound: Bool) -> Bool {
        switch skip {
        case .never: true
        case .found: !isFound
        case .notFound: isFound
        }
    }
}
