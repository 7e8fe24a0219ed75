/// The sample site of `postroom demo`: two domains, an alias, a group in a group and an account that is switched off.
enum DemoSite {
    struct Person {
        let name: String
        let uid: String
        var address: String { "\(uid)@example.org" }
        var password: String { "\(uid)-demo" }
    }

    static let hostname = "mail.example.org"
    static let anna = Person(name: "Anna Berg", uid: "anna")
    static let ben = Person(name: "Ben Ost", uid: "ben")
    static let chris = Person(name: "Chris Vale", uid: "chris")
    /// Members of the group, those of the inner group included.
    static let members = [anna, ben, chris]
    static let group = "team@example.net"
    static let inactive = "dora@example.org"

    /// - Parameters:
    ///   - folder: where the mailboxes, the directory and the certificate go; absolute.
    ///   - owner: `UID:GID` that owns the mail.
    static func configuration(folder: String, owner: String) -> String {
        """
        hostname: \(hostname)
        postmaster: anna@example.org

        directory:
          ldif: directory.ldif
          base: dc=example,dc=org

        domains:
          mailbox: [example.org]
          alias: [example.net]

        recipient_delimiter: "+"

        aliases:
          - inline:
              team@example.net: sales@example.org
          - ldap:
              name: aliases
              query_filter: (&(objectClass=inetOrgPerson)(mailAlternateAddress=%s))
              result_attribute: mail
          - ldap:
              name: groups
              query_filter: (&(objectClass=groupOfNames)(mail=%s))
              result_attribute: mail
              leaf_result_attribute: mail
              special_result_attribute: member

        accounts:
          password:
            - check: search-then-bind
              filter: (&(objectClass=inetOrgPerson)(uid=%n))
              active: {attribute: accountStatus, values: [active]}
          user:
            - filter: (&(objectClass=inetOrgPerson)(uid=%n))
              address_filter: (&(objectClass=inetOrgPerson)(mail=%u))
              attributes: uid=user, =home=\(folder)/mail/%{ldap:uid}
              active: {attribute: accountStatus, values: [active]}
          mail_location: maildir:~/Maildir

        senders:
          logins:
            - ldap:
                name: senders
                query_filter: (|(mail=%s)(mailAlternateAddress=%s))
                result_attribute: uid

        store:
          roots: [\(folder)/mail]
          owner: "\(owner)"
          minimum_uid: 1

        listeners:
          smtp: 127.0.0.1:0
          submission: 127.0.0.1:0
          submissions: 127.0.0.1:0
          imap: 127.0.0.1:0
          imaps: 127.0.0.1:0

        tls:
          self_signed_directory: \(folder)/tls

        log:
          level: warning
        """
    }

    static let directory = """
        version: 1

        dn: dc=example,dc=org
        objectClass: dcObject
        objectClass: organization
        dc: example
        o: Example

        dn: ou=people,dc=example,dc=org
        objectClass: organizationalUnit
        ou: people

        dn: ou=groups,dc=example,dc=org
        objectClass: organizationalUnit
        ou: groups

        # Anna has a second address; it is an alias of the first.
        dn: uid=anna,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        objectClass: qmailUser
        uid: anna
        cn: Anna Berg
        sn: Berg
        mail: anna@example.org
        mailAlternateAddress: a.berg@example.org
        accountStatus: active
        userPassword: {SSHA}qJmBancCfy0XawoZvE+Y0L/+34xwb3N0cm9vbQ==

        dn: uid=ben,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        objectClass: qmailUser
        uid: ben
        cn: Ben Ost
        sn: Ost
        mail: ben@example.org
        accountStatus: active
        userPassword: {SSHA}ksK2T01uQ6bvhi7GW5Kv8iF3HV5wb3N0cm9vbQ==

        dn: uid=chris,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        objectClass: qmailUser
        uid: chris
        cn: Chris Vale
        sn: Vale
        mail: chris@example.org
        accountStatus: active
        userPassword: {SSHA}vbnyPxAoBPGur0VoGqDmehTm9vdwb3N0cm9vbQ==

        # Dora has left: no mail, no login.
        dn: uid=dora,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        objectClass: qmailUser
        uid: dora
        cn: Dora Lind
        sn: Lind
        mail: dora@example.org
        accountStatus: inactive
        userPassword: {SSHA}/uENLnQAZFu8S8jqPe1lMPJm5X1wb3N0cm9vbQ==

        dn: cn=support,ou=groups,dc=example,dc=org
        objectClass: groupOfNames
        objectClass: qmailGroup
        cn: support
        mail: support@example.org
        member: uid=ben,ou=people,dc=example,dc=org
        member: uid=chris,ou=people,dc=example,dc=org

        # A group in a group.
        dn: cn=sales,ou=groups,dc=example,dc=org
        objectClass: groupOfNames
        objectClass: qmailGroup
        cn: sales
        mail: sales@example.org
        member: uid=anna,ou=people,dc=example,dc=org
        member: cn=support,ou=groups,dc=example,dc=org
        """
}
