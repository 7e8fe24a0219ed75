extension Preset {
    /// posixAccount with the two attributes of postfixUser: `mailacceptinggeneralid` holds the addresses that lead to an
    /// account, `maildrop` where they lead: a mailbox here, or an address elsewhere. Logins are checked by bind.
    static let postfixUserYAML = """
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
}
