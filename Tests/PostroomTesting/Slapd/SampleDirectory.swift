import Foundation

/// A directory that a slapd can be filled with, with the accounts in it.
package struct SampleDirectory: Sendable, CustomStringConvertible {
    package var description: String { "\(suffix) with \(schemas)" }

    package var suffix: String
    package var rootDN: String
    package var rootPassword: String
    /// The account that a mail server searches with.
    package var bindDN: String
    package var bindPassword: String
    /// Beyond core, cosine, inetorgperson and nis: names of files in `Fixtures/schemas`.
    package var schemas: [String]
    /// The object class whose `member` gives `memberOf`, by the memberof overlay.
    package var memberOfGroupClass: String?
    /// Loaded through the server as rootDN.
    package var ldif: String

    package init(
        suffix: String, rootDN: String, rootPassword: String, bindDN: String? = nil, bindPassword: String? = nil,
        schemas: [String] = [], memberOfGroupClass: String? = nil, ldif: String = ""
    ) {
        self.suffix = suffix
        self.rootDN = rootDN
        self.rootPassword = rootPassword
        self.bindDN = bindDN ?? rootDN
        self.bindPassword = bindPassword ?? rootPassword
        self.schemas = schemas
        self.memberOfGroupClass = memberOfGroupClass
        self.ldif = ldif
    }
}

extension SampleDirectory {
    /// vennedey.net: postfix-user schema, `mailacceptinggeneralid` and `maildrop`.
    package static let vennedey = SampleDirectory(
        suffix: "dc=example,dc=com", rootDN: "cn=manager,dc=example,dc=com", rootPassword: "managerpw",
        bindDN: "cn=mailAccountReader,ou=Manager,dc=example,dc=com", bindPassword: "readerpw",
        schemas: ["postfix-user"], ldif: fixture("vennedey"))

    /// docker-mailserver's LDAP provisioner: postfix-book schema, memberof overlay.
    package static let dmsLDAP = SampleDirectory(
        suffix: "dc=example,dc=org", rootDN: "cn=admin,dc=example,dc=org", rootPassword: "mypassword",
        schemas: ["postfix-book"], memberOfGroupClass: "groupOfNames", ldif: fixture("dms-ldap"))

    /// docker-mailserver's forward-only use case.
    package static let dmsForwardOnly = SampleDirectory(
        suffix: "dc=example,dc=org", rootDN: "cn=manager,dc=example,dc=org", rootPassword: "managerpw",
        bindDN: "cn=mailserver,dc=example,dc=org", bindPassword: "pass1234", ldif: fixture("dms-forward-only"))

    /// Pragyan: evolutionPerson, lists with `contact` DNs, one suffix RDN with a dot.
    package static let pragyan = SampleDirectory(
        suffix: "dc=delta,dc=nitt.edu", rootDN: "cn=manager,dc=delta,dc=nitt.edu", rootPassword: "managerpw",
        bindDN: "cn=dovecot,ou=Pragyan,dc=delta,dc=nitt.edu", bindPassword: "dovecotpw",
        schemas: ["evolutionperson"], ldif: fixture("pragyan"))

    /// Vriesman's Courier howto: qmail schema.
    package static let vriesman = SampleDirectory(
        suffix: "o=company", rootDN: "cn=manager,o=company", rootPassword: "managerpw",
        bindDN: "ou=System,o=company", bindPassword: "systempw", schemas: ["qmail"], ldif: fixture("vriesman"))

    /// A directory with the look of Active Directory, memberof overlay for `group`.
    package static let activeDirectory = SampleDirectory(
        suffix: "dc=ad,dc=example,dc=com", rootDN: "cn=Administrator,cn=Users,dc=ad,dc=example,dc=com",
        rootPassword: "Passw0rd!", schemas: ["ad-lite"], memberOfGroupClass: "group", ldif: fixture("ad-openldap"))

    private static func fixture(_ name: String) -> String {
        Fixture.text("directories/\(name).ldif")
    }
}

/// The files under `Tests/PostroomTesting/Fixtures`.
package enum Fixture {
    package static func path(_ name: String) -> String {
        Bundle.module.bundleURL.appendingPathComponent("Fixtures").appendingPathComponent(name).path
    }

    /// The names in a folder, in order; empty if there is no such folder.
    package static func names(_ folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path(folder)))?.sorted() ?? []
    }

    /// Empty if there is no such file, which the test that reads it will notice.
    package static func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path(name)) ?? Data(), as: UTF8.self)
    }
}
