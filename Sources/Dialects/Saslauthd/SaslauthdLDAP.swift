import Directory
import LDAP
import MailModel
import SiteConfiguration

/// saslauthd's LDAP mechanism: the keys `ldap_…` of saslauthd.conf.
enum SaslauthdLDAP {
    static func database(
        _ file: SaslauthdConfigurationFile, joinsRealm: Bool, _ draft: inout SiteDraft
    ) -> PasswordDatabaseModel? {
        report(file, &draft)
        guard let method = method(file, &draft) else { return nil }
        if let usesSASL = file.isOn("ldap_use_sasl"), usesSASL.value {
            draft.tell(
                "ldap_use_sasl", "yes", at: usesSASL.location, .unsupported(.login),
                "binds by a SASL mechanism are not made; ldap_auth_method bind does the same with a simple bind")
            return nil
        }
        guard let directory = directory(file, &draft) else { return nil }
        let filter = file.value("ldap_filter") ?? Located("uid=%u", at: .builtIn)
        guard check(filter, method.value, &draft) else { return nil }

        var lookup = SaslauthdLookupModel(method: method, filter: filter, joinsRealm: joinsRealm)
        lookup.base = file.value("ldap_search_base")
        lookup.scope = scope(file.value("ldap_scope"), "ldap_scope", &draft)
        lookup.passwordAttribute = file.value("ldap_password_attr")
        lookup.defaultRealm = file.value("ldap_default_realm", "ldap_default_domain")
        lookup.groupDN = file.value("ldap_group_dn")
        lookup.groupAttribute = file.value("ldap_group_attr")
        lookup.groupFilter = file.value("ldap_group_filter")
        lookup.groupBase = file.value("ldap_group_search_base")
        lookup.groupScope = scope(file.value("ldap_group_scope"), "ldap_group_scope", &draft)
        if let match = file.value("ldap_group_match_method") {
            lookup.groupMatch = SaslauthdLookupModel.GroupMatch(rawValue: match.value.lowercased()).map {
                Located($0, at: match.location)
            }
            if lookup.groupMatch == nil {
                draft.error(
                    at: match.location, "ldap_group_match_method: \(match.value) is not known", remedy: "attr or filter"
                )
            }
        }
        if let base = lookup.base { checkTokens(base, "ldap_search_base", &draft) }
        if let name = lookup.groupDN { checkTokens(name, "ldap_group_dn", &draft) }
        if let filter = lookup.groupFilter {
            checkTokens(filter, "ldap_group_filter", &draft)
            checkFilter(filter, "ldap_group_filter", &draft)
        }
        var database = PasswordDatabaseModel(
            check: Located(.saslauthd, at: method.location),
            directory: Located(directory, at: file.value("ldap_servers")?.location ?? file.location))
        database.base = lookup.base
        database.saslauthd = lookup
        return database
    }

    private static func method(
        _ file: SaslauthdConfigurationFile, _ draft: inout SiteDraft
    ) -> Located<SaslauthdLookupModel.Method>? {
        guard let word = file.value("ldap_auth_method") else { return Located(.bind, at: .builtIn) }
        guard let method = SaslauthdLookupModel.Method(rawValue: word.value.lowercased()) else {
            draft.error(
                at: word.location, "ldap_auth_method: \(word.value) is not known", remedy: "bind, custom or fastbind")
            return nil
        }
        return Located(method, at: word.location)
    }

    private static func directory(_ file: SaslauthdConfigurationFile, _ draft: inout SiteDraft) -> String? {
        var connection = LDAPConnectionSettings()
        let servers = file.value("ldap_servers") ?? Located("ldap://localhost/", at: .builtIn)
        do {
            let list = try LDAPServerList(urls: servers.value)
            connection.urls = list.urls.map { Located($0, at: servers.location) }
            for server in list.withoutScheme {
                draft.warning(
                    at: servers.location, "ldap_servers: \(server) has no scheme", remedy: "ldap://\(server) is meant")
            }
        } catch {
            draft.error(
                at: servers.location, "ldap_servers: \(error.server): \(error.reason)",
                remedy: "URLs parted by blanks: ldap://ldap.example.org")
            return nil
        }
        connection.bindName = file.value("ldap_bind_dn")
        connection.bindPassword = file.value("ldap_password", "ldap_bind_pw")?.map { Secret($0) }
        connection.startTLS = file.isOn("ldap_start_tls")
        // Unlike other programs, saslauthd believes any certificate unless it is told otherwise.
        let check = file.isOn("ldap_tls_check_peer") ?? Located(false, at: .builtIn)
        connection.certificateCheck = check.map { $0 ? .demand : .never }
        connection.caFile = file.value("ldap_tls_cacert_file")
        connection.caDirectory = file.value("ldap_tls_cacert_dir")
        connection.certificate = file.value("ldap_tls_cert")
        connection.key = file.value("ldap_tls_key")
        connection.cipherSuites = file.value("ldap_tls_ciphers")
        connection.timeout = .seconds(5)
        if let seconds = file.value("ldap_timeout") {
            if let number = Int64(seconds.value), (1...3600).contains(number) {
                connection.timeout = .seconds(number)
            } else {
                draft.warning(at: seconds.location, "ldap_timeout: no number of seconds", remedy: "5 is used")
            }
        }
        return connection.directory(&draft, program: "saslauthd", at: file.location)
    }

    private static func scope(
        _ value: Located<String>?, _ key: String, _ draft: inout SiteDraft
    ) -> Located<String>? {
        guard let value else { return nil }
        let word = value.value.lowercased()
        guard ["sub", "one", "base"].contains(word) else {
            draft.error(at: value.location, "\(key): \(value.value) is not known", remedy: "sub, one or base")
            return nil
        }
        return Located(word, at: value.location)
    }

    /// For fastbind the filter is the name to bind as.
    private static func check(
        _ filter: Located<String>, _ method: SaslauthdLookupModel.Method, _ draft: inout SiteDraft
    ) -> Bool {
        checkTokens(filter, "ldap_filter", &draft)
        guard method != .fastbind else { return true }
        return checkFilter(filter, "ldap_filter", &draft)
    }

    @discardableResult
    private static func checkFilter(_ filter: Located<String>, _ key: String, _ draft: inout SiteDraft) -> Bool {
        do {
            _ = try LDAPFilter(parsing: filter.value)
            return true
        } catch {
            draft.error(
                at: filter.location, "\(key): \(error)",
                remedy: "a filter as RFC 4515 has it: (&(uid=%u)(mailEnabled=TRUE))")
            return false
        }
    }

    /// `%%`, `%u %U %d %1…%9 %s %r %R %D`.
    private static func checkTokens(_ text: Located<String>, _ key: String, _ draft: inout SiteDraft) {
        var rest = Substring(text.value)
        while let percent = rest.firstIndex(of: "%") {
            rest = rest[rest.index(after: percent)...]
            guard let token = rest.popFirst(), "%uUdsrRD123456789".contains(token) else {
                draft.error(
                    at: text.location, "\(key): a % that begins no token of saslauthd",
                    remedy: "%u, %U, %d, %1 to %9, %s, %r, %R, or %% for the sign itself")
                return
            }
        }
    }

    // MARK: Report

    private static let used: [String: String] = [
        "ldap_servers": "the directory", "ldap_auth_method": "how the password is checked",
        "ldap_bind_dn": "whom searches bind as", "ldap_password": "the password for that",
        "ldap_bind_pw": "the password for that", "ldap_search_base": "where accounts are searched",
        "ldap_filter": "how an account is found", "ldap_scope": "how deep the search goes",
        "ldap_password_attr": "which attribute holds the password (custom)",
        "ldap_default_realm": "the realm of logins without one",
        "ldap_default_domain": "the realm of logins without one",
        "ldap_start_tls": "StartTLS towards the directory", "ldap_tls_cacert_file": "whose certificates are believed",
        "ldap_tls_cacert_dir": "whose certificates are believed", "ldap_tls_cert": "our own certificate",
        "ldap_tls_key": "its key", "ldap_tls_ciphers": "cipher suites towards the directory",
        "ldap_timeout": "how long an answer is waited for", "ldap_group_dn": "the group a user must be in",
        "ldap_group_attr": "what names the group's members", "ldap_group_match_method": "how membership is seen",
        "ldap_group_filter": "how membership is searched", "ldap_group_search_base": "where membership is searched",
        "ldap_group_scope": "how deep that search goes", "ldap_tls_check_peer": "whether the certificate is verified",
    ]
    private static let notNeeded: [String: String] = [
        "ldap_restart": "system calls are always taken up again",
        "ldap_time_limit": "ldap_timeout bounds the wait", "ldap_debug": "see postroom explain --login",
        "log_level": "see postroom explain --login", "ldap_version": "version 3 is spoken",
        "ldap_verbose": "see postroom explain --login",
        "ldap_size_limit": "more than one entry is refused, as with the default of 1",
        "ldap_id": "only for SASL binds", "ldap_authz_id": "only for SASL binds", "ldap_mech": "only for SASL binds",
        "ldap_realm": "only for SASL binds", "ldap_use_sasl": "simple binds are made, as without it",
    ]

    private static func report(_ file: SaslauthdConfigurationFile, _ draft: inout SiteDraft) {
        for (index, setting) in file.settings.enumerated() {
            let location = setting.value.location
            let key = setting.key
            if let later = file.settings.dropFirst(index + 1).last(where: { $0.key == key }) {
                draft.tell(
                    key, setting.value.value, at: location, .notNeeded, "set again at \(later.value.location)")
            } else if key == "ldap_use_sasl", file.isOn(key)?.value == true {
                continue
            } else if key == "ldap_referrals" {
                reportReferrals(file, setting, &draft)
            } else if key == "ldap_deref" {
                let isNever = setting.value.value.lowercased() == "never"
                draft.tell(
                    key, setting.value.value, at: location, isNever ? .used : .unsupported(.login),
                    isNever ? "alias entries are not followed" : "alias entries are not followed in a password check")
            } else if key == "ldap_size_limit", setting.value.value != "1" {
                draft.tell(
                    key, setting.value.value, at: location, .ignored, "more than one entry is refused all the same")
            } else if let note = used[key] {
                draft.tell(key, setting.value.value, at: location, .used, note)
            } else if let note = notNeeded[key] {
                draft.tell(key, setting.value.value, at: location, .notNeeded, note)
            } else {
                draft.tell(key, setting.value.value, at: location, .ignored, "no key of saslauthd: it ignores it too")
                draft.warning(
                    at: location, "\(key) is no key of saslauthd.conf", remedy: "look for a misspelling")
            }
        }
    }

    private static func reportReferrals(
        _ file: SaslauthdConfigurationFile, _ setting: SaslauthdConfigurationFile.Setting, _ draft: inout SiteDraft
    ) {
        let isOn = file.isOn("ldap_referrals")?.value ?? false
        draft.tell(
            "ldap_referrals", setting.value.value, at: setting.value.location, isOn ? .ignored : .used,
            isOn
                ? "referrals are followed to named hosts only: name them as referral_hosts of the directory when it refers"
                : "referrals are not followed")
    }
}
