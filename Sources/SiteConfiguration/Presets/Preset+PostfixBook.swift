extension Preset {
    /// PostfixBookMailAccount, as docker-mailserver and others use it: an address, aliases and groups on the account's own
    /// entry, everything only while `mailEnabled` is TRUE.
    static let postfixBookYAML = """
        domains:
          mailbox:
            - ldap:
                query_filter: (&(mailEnabled=TRUE)(|(mail=*@%s)(mailAlias=*@%s)(mailGroupMember=*@%s)))
                result_attribute: mail
        aliases:
          - ldap:
              name: aliases
              query_filter: (&(mailEnabled=TRUE)(mailAlias=%s))
              result_attribute: mail
          - ldap:
              name: groups
              query_filter: (&(mailEnabled=TRUE)(mailGroupMember=%s))
              result_attribute: mail
        accounts:
          password:
            - check: search-then-bind
              filter: (&(objectClass=PostfixBookMailAccount)(mailEnabled=TRUE)(|(uniqueIdentifier=%u)(mail=%u)))
          user:
            - filter: (&(objectClass=PostfixBookMailAccount)(|(uniqueIdentifier=%u)(mail=%u)))
              address_filter: (&(objectClass=PostfixBookMailAccount)(mail=%u))
              attributes: >-
                uniqueIdentifier=user, mailHomeDirectory=home, mailStorageDirectory=mail, mailUidNumber=uid,
                mailGidNumber=gid, mailQuota=quota_rule=*:storage=%$K
              active:
                attribute: mailEnabled
                values: ["TRUE"]
          mail_location: maildir:~/Maildir
        senders:
          logins:
            - ldap:
                query_filter: (&(mailEnabled=TRUE)(|(mail=%s)(mailAlias=%s)(mailGroupMember=%s)))
                result_attribute: uniqueIdentifier
        """
}
