/// A site whose people stand in an LDIF file. Everybody's password is `secret`.
enum People {
    static let login = ("anna", "secret")

    static func entry(
        _ uid: String, uidNumber: String = "20001", gidNumber: String = "20001", home: String? = nil
    ) -> String {
        """
        dn: uid=\(uid),dc=example,dc=org
        objectClass: inetOrgPerson
        objectClass: posixAccount
        uid: \(uid)
        cn: \(uid)
        sn: \(uid)
        mail: \(uid)@example.org
        uidNumber: \(uidNumber)
        gidNumber: \(gidNumber)
        homeDirectory: \(home ?? "%ROOT%/\(uid)")
        userPassword: {SSHA}1G904nLkTkGWjKNnQuB/hpWXC/hzYWx0c2FsdA==


        """
    }

    /// anna and ben are one user of the system, carla is another.
    static let ldif =
        """
        dn: dc=example,dc=org
        objectClass: dcObject
        objectClass: organization
        dc: example
        o: Example


        """ + entry("anna") + entry("ben") + entry("carla", uidNumber: "20003", gidNumber: "20003")

    static let files = ["people.ldif": ldif]

    /// - Parameters:
    ///   - aliases: entries of a YAML mapping.
    ///   - more: further keys.
    static func configuration(
        aliases: String = "sales@example.net: carla@example.org", root: String = "%ROOT%", more: String = ""
    ) -> String {
        """
        hostname: mail.example.org
        postmaster: anna@example.org
        directory: {ldif: people.ldif, base: "dc=example,dc=org"}
        domains: {mailbox: [example.org], alias: [example.net, example.com]}
        aliases: [{inline: {\(aliases)}}]
        recipient_delimiter: "+"
        accounts:
          password: [{check: hash, filter: (uid=%u)}]
          user:
            - filter: (uid=%u)
              address_filter: (mail=%u)
              attributes: uid=user, homeDirectory=home, uidNumber=uid, gidNumber=gid
          mail_location: maildir:~/Maildir
        senders: {logins: [{ldap: {query_filter: (mail=%s), result_attribute: uid}}]}
        store: {roots: ["\(root)"]}
        \(more)

        """
    }
}
