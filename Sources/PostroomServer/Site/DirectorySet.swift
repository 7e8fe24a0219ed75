import Directory
import LDAP
import SiteConfiguration

/// A site's directories by name.
struct DirectorySet: Sendable {
    struct Member: Sendable {
        /// With its cache: where mail goes.
        var source: any DirectorySource
        /// As the servers have it now: who may log in.
        var live: any DirectorySource
        var base: Located<String>?
        /// Nil for a file.
        var client: LDAPClient?
    }

    var members: [String: Member] = [:]

    func source(_ name: Located<String>, _ faults: FaultCollector) -> (any DirectorySource)? {
        member(name, faults)?.source
    }

    /// For passwords and for whether an account is in use: an answer of minutes ago won't do.
    func live(_ name: Located<String>, _ faults: FaultCollector) -> (any DirectorySource)? {
        member(name, faults)?.live
    }

    private func member(_ name: Located<String>, _ faults: FaultCollector) -> Member? {
        if let member = members[name.value] { return member }
        // The main directory's own faults are told where it is configured.
        if name.value != SiteModel.mainDirectory {
            faults.error(
                at: name.location, "there is no directory called \(name.value)",
                remedy: "known: " + members.keys.sorted().joined(separator: ", "))
        }
        return nil
    }

    /// The base of a directory, for a lookup that names none.
    func base(
        _ name: Located<String>, for setting: Located<String>, _ faults: FaultCollector
    ) -> Located<String>? {
        if let base = members[name.value]?.base { return base }
        faults.error(
            at: setting.location, "no base to search below: neither here nor in \(name.value)",
            remedy: "set base, for example dc=example,dc=org")
        return nil
    }

    /// Dovecot's words for how alias entries are treated.
    static func dereference(_ text: Located<String>?, _ faults: FaultCollector) -> DereferencePolicy {
        switch text?.value.lowercased() {
        case nil, "never"?: return .never
        case "searching"?: return .searching
        case "finding"?: return .finding
        case "always"?: return .always
        case let other?:
            if let text {
                faults.error(
                    at: text.location, "dereference: \(other) is not known",
                    remedy: "never, searching, finding or always")
            }
            return .never
        }
    }

    static func scope(_ text: Located<String>?, _ faults: FaultCollector) -> SearchScope {
        switch text?.value {
        case nil, "sub"?, "subtree"?: return .sub
        case "one"?, "onelevel"?: return .one
        case "base"?: return .base
        case let other?:
            if let text { faults.error(at: text.location, "scope \(other) does not exist", remedy: "sub, one or base") }
            return .sub
        }
    }
}
