/// A schema that many directories have, written in the vocabulary of `postroom.yaml`; a site's own keys go over it.
package enum Preset: String, CaseIterable, Sendable {
    case postfixUser = "postfix-user"
    case inetOrgPerson = "inetorgperson"

    package var yaml: String {
        switch self {
        case .postfixUser: Self.postfixUserYAML
        case .inetOrgPerson: Self.inetOrgPersonYAML
        }
    }

    /// posixAccount with the two attributes of postfixUser: `mailacceptinggeneralid` holds the addresses that lead to an
    /// account, `maildrop` where they lead: a mailbox here, or an address elsewhere. Logins are checked by bind.
    private static let postfixUserYAML = """
        domains:
          alias:
            - ldap:
                query_filter: (mailacceptinggeneralid=*@%s)
                result_attribute: mailacceptinggeneralid
                result_format: "%d"
        aliases:
          - ldap:
              query_filter: (mailacceptinggeneralid=%s)
              result_attribute: maildrop
        accounts:
          password:
            - check: search-then-bind
              filter: (&(objectClass=posixAccount)(uid=%u))
          user:
            - filter: (&(objectClass=posixAccount)(uid=%u))
              address_filter: (&(objectClass=posixAccount)(maildrop=%u))
              attributes: uid=user, homeDirectory=home, uidNumber=uid, gidNumber=gid
          mail_location: maildir:~/mailbox
        senders:
          logins:
            - ldap:
                query_filter: (|(mailacceptinggeneralid=%s)(maildrop=%s))
                result_attribute: uid
        """

    /// People with `mail`, groups of them with `member`: what a plain OpenLDAP has. Mail lies below one folder, owned by
    /// one user (`store.owner`).
    private static let inetOrgPersonYAML = """
        domains:
          mailbox:
            - ldap:
                query_filter: (&(objectClass=inetOrgPerson)(mail=*@%s))
                result_attribute: mail
        aliases:
          - ldap:
              query_filter: (&(objectClass=groupOfNames)(mail=%s))
              result_attribute: mail
              leaf_result_attribute: mail
              special_result_attribute: member
        accounts:
          password:
            - check: search-then-bind
              filter: (&(objectClass=inetOrgPerson)(|(uid=%u)(mail=%u)))
          user:
            - filter: (&(objectClass=inetOrgPerson)(|(uid=%u)(mail=%u)))
              address_filter: (&(objectClass=inetOrgPerson)(mail=%u))
              attributes: uid=user, =home=/var/mail/postroom/%{ldap:uid}
          mail_location: maildir:~/Maildir
        senders:
          logins:
            - ldap:
                query_filter: (&(objectClass=inetOrgPerson)(mail=%s))
                result_attribute: uid
        """
}
