extension Preset {
    /// People with `mail`, groups of them with `member`: what a plain OpenLDAP has. Mail lies below one folder, owned by
    /// one user (`store.owner`).
    static let inetOrgPersonYAML = """
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
