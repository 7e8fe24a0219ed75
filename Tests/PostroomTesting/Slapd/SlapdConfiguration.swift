/// The `cn=config` of a private slapd, as LDIF for `slapadd -n 0`.
struct SlapdConfiguration {
    var directory: SampleDirectory
    var folder: TemporaryFolder
    var certificates: TestCertificates?
    var sizeLimit: Int?
    /// Lines added to the database's entry.
    var databaseSettings: [String] = []

    var ldif: String {
        var entries = [global, modules, "dn: cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: schema"]
        for schema in ["core", "cosine", "inetorgperson", "nis"] {
            entries.append("include: file:///etc/ldap/schema/\(schema).ldif")
        }
        for schema in directory.schemas {
            entries.append("include: file://\(Fixture.path("schemas/\(schema).ldif"))")
        }
        entries += [frontend, configDatabase, database]
        if let memberOf { entries.append(memberOf) }
        return entries.joined(separator: "\n\n") + "\n"
    }

    private var global: String {
        var lines = [
            "dn: cn=config", "objectClass: olcGlobal", "cn: config", "olcPidFile: \(folder.path("pid"))",
            "olcThreads: 4",
        ]
        if let certificates {
            lines += [
                "olcTLSCACertificateFile: \(certificates.authority)",
                "olcTLSCertificateFile: \(certificates.serverCertificate)",
                "olcTLSCertificateKeyFile: \(certificates.serverKey)",
                "olcTLSVerifyClient: try",
            ]
        }
        return lines.joined(separator: "\n")
    }

    private var modules: String {
        """
        dn: cn=module{0},cn=config
        objectClass: olcModuleList
        cn: module{0}
        olcModulePath: /usr/lib/ldap
        olcModuleLoad: back_mdb
        olcModuleLoad: memberof
        """
    }

    private var frontend: String {
        """
        dn: olcDatabase={-1}frontend,cn=config
        objectClass: olcDatabaseConfig
        objectClass: olcFrontendConfig
        olcDatabase: {-1}frontend
        olcAccess: {0}to * by * read
        """
    }

    private var configDatabase: String {
        """
        dn: olcDatabase={0}config,cn=config
        objectClass: olcDatabaseConfig
        olcDatabase: {0}config
        """
    }

    private var database: String {
        var lines = [
            "dn: olcDatabase={1}mdb,cn=config", "objectClass: olcDatabaseConfig", "objectClass: olcMdbConfig",
            "olcDatabase: {1}mdb", "olcSuffix: \(directory.suffix)", "olcRootDN: \(directory.rootDN)",
            "olcRootPW: \(directory.rootPassword)", "olcDbDirectory: \(folder.path("data"))",
            "olcDbMaxSize: 67108864", "olcDbNoSync: TRUE",
            "olcAccess: {0}to attrs=userPassword by self =xw by anonymous auth by dn.exact=\"\(directory.bindDN)\" read by * none",
            "olcAccess: {1}to * by * read",
        ]
        if let sizeLimit { lines.append("olcSizeLimit: \(sizeLimit)") }
        return (lines + databaseSettings).joined(separator: "\n")
    }

    private var memberOf: String? {
        directory.memberOfGroupClass.map {
            """
            dn: olcOverlay={0}memberof,olcDatabase={1}mdb,cn=config
            objectClass: olcOverlayConfig
            objectClass: olcMemberOf
            olcOverlay: {0}memberof
            olcMemberOfGroupOC: \($0)
            olcMemberOfMemberAD: member
            olcMemberOfMemberOfAD: memberOf
            """
        }
    }
}
