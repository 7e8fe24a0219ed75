extension Preset {
    /// evolutionPerson and evolutionPersonList: people with `mail`, lists found by `listName` in the domains that people
    /// have, whose members are the entries that `contact` names.
    static let evolutionYAML = """
        domains:
          mailbox:
            - ldap:
                query_filter: (&(objectClass=evolutionPerson)(mail=*@%s))
                result_attribute: mail
        aliases:
          - ldap:
              name: lists
              query_filter: (&(objectClass=evolutionPersonList)(listName=%u))
              result_attribute: mail
              leaf_result_attribute: mail
              special_result_attribute: contact
              domain:
                - ldap:
                    name: lists.domain
                    query_filter: (&(objectClass=evolutionPerson)(mail=*@%s))
                    result_attribute: mail
        accounts:
          password:
            - check: search-then-bind
              filter: (&(objectClass=evolutionPerson)(|(uid=%u)(mail=%u)))
          user:
            - filter: (&(objectClass=evolutionPerson)(|(uid=%u)(mail=%u)))
              address_filter: (&(objectClass=evolutionPerson)(mail=%u))
              attributes: uid=user, =home=/var/mail/postroom/%{ldap:uid}
          mail_location: maildir:~/Maildir
        senders:
          logins:
            - ldap:
                query_filter: (&(objectClass=evolutionPerson)(mail=%s))
                result_attribute: uid
        """
}
