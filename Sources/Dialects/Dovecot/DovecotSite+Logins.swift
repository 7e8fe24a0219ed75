import Accounts
import Directory
import SiteConfiguration

extension DovecotSite {
    /// What a login may look like and how it may be said: the `auth_…` settings.
    mutating func readLogins() {
        if isVersion24 {
            draft.model.accounts.variables = Located(.pipes, at: location)
            for key in ["dovecot_config_version", "dovecot_storage_version"] {
                tell(key, in: root, .used, "decides the syntax: that of 2.4")
            }
        }
        if let format = take("auth_username_format", "how a login is written before anybody is asked about it") {
            if let problem = templates.problem(format.value, for: .beforeLookup) {
                draft.error(at: format.location, "auth_username_format: \(problem)", remedy: "for example %Lu or %Ln")
            } else {
                draft.model.accounts.loginFormat = format
            }
        } else if root.last("auth_username_format") != nil {
            // Set to nothing: the login stays as it was typed.
            draft.model.accounts.loginFormat = Located(isVersion24 ? "%{user}" : "%u", at: location)
        }
        let characters = take("auth_username_chars", "which octets a login may hold")
        draft.model.accounts.loginCharacters =
            characters
            ?? Located(
                root.last("auth_username_chars") == nil
                    ? "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567890.-_@" : "",
                at: root.last("auth_username_chars")?.location ?? .builtIn)
        if let translation = take("auth_username_translation", "octets that stand for others in a login") {
            if translation.value.utf8.count.isMultiple(of: 2) {
                draft.model.accounts.loginTranslation = translation
            } else {
                draft.error(
                    at: translation.location, "auth_username_translation: an odd number of octets",
                    remedy: "pairs: what is typed, then what is meant")
            }
        }
        if let realm = take(["auth_default_realm", "auth_default_domain"], "completed to logins without a domain") {
            draft.model.accounts.defaultDomain = realm
        }
        if let separator = take(
            ["auth_master_user_separator", "master_user_separator"], "parts user and master in a login")
        {
            draft.model.accounts.masterSeparator = separator
        }
        readMechanisms()
        let size = root.last("auth_cache_size")?.value ?? "0"
        let time = takeTime("auth_cache_ttl", "how long a login that succeeded is remembered")
        tell("auth_cache_size", in: root, .used, "whether logins are remembered: the number is Postroom's own")
        if !["", "0"].contains(size) { draft.model.accounts.cacheTime = time?.value ?? .seconds(3600) }
    }

    private mutating func readMechanisms() {
        guard let mechanisms = root.last("auth_mechanisms")?.located, !mechanisms.value.isEmpty else {
            // Dovecot's own default.
            draft.model.accounts.mechanisms = [Located("PLAIN", at: root.last("auth_mechanisms")?.location ?? .builtIn)]
            tell("auth_mechanisms", in: root, .used, "is empty: PLAIN is offered")
            return
        }
        var missing: [String] = []
        var isGrave = false
        for word in mechanisms.value.split(separator: " ") {
            let name = word.uppercased()
            switch name {
            case "PLAIN", "LOGIN": draft.model.accounts.mechanisms.append(Located(name, at: mechanisms.location))
            case "APOP" where namesPOP3:
                draft.model.accounts.mechanisms.append(Located(name, at: mechanisms.location))
            case "ANONYMOUS", "EXTERNAL", "GSSAPI", "GSS-SPNEGO", "OAUTHBEARER", "XOAUTH2", "NTLM", "RPA", "SKEY",
                "OTP":
                missing.append(name)
                isGrave = true
            case "CRAM-MD5", "DIGEST-MD5", "APOP", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS",
                "SCRAM-SHA-256-PLUS":
                missing.append(name)
            default:
                draft.error(
                    at: mechanisms.location, "auth_mechanisms: \(word) is no mechanism of Dovecot",
                    remedy: "plain login is what most sites have")
            }
        }
        let names = missing.joined(separator: ", ")
        if draft.model.accounts.mechanisms.isEmpty {
            // Clients that know nothing else are kept out; the site starts once somebody has said that it may.
            draft.model.accounts.mechanisms = [Located("PLAIN", at: mechanisms.location)]
            tell(
                "auth_mechanisms", in: root, .unsupported(.login),
                "\(names): none of them is offered; PLAIN under TLS would take their place")
        } else if isGrave {
            tell(
                "auth_mechanisms", in: root, .unsupported(.login),
                "\(names): not offered, and who logs in with nothing else is kept out")
        } else {
            let offered = draft.model.accounts.mechanisms.map(\.value).joined(separator: " and ")
            tell(
                "auth_mechanisms", in: root, .used,
                missing.isEmpty
                    ? "how clients may log in" : "\(names): not offered; clients take \(offered) under TLS")
        }
    }
}
