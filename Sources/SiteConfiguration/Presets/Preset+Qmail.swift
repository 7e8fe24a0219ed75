extension Preset {
    /// qmailUser and qmailGroup (qmail-ldap): the mailbox's path in `mailMessageStore`, forwarding in
    /// `mailForwardingAddress`, and only what is `active` logs in; `shared` accounts get mail and nobody logs in to them.
    static let qmailYAML = """
        domains:
          mailbox:
            - ldap:
                query_filter: (&(objectClass=qmailUser)(|(mail=*@%s)(mailAlternateAddress=*@%s)))
                result_attribute: mail
        aliases:
          - ldap:
              name: aliases
              query_filter: (&(objectClass=qmailUser)(|(accountStatus=active)(accountStatus=shared))(mailAlternateAddress=%s))
              result_attribute: mail
          - ldap:
              name: forward-only
              query_filter: (&(objectClass=qmailUser)(accountStatus=active)(mail=%s)(deliveryMode=forwardonly))
              result_attribute: mailForwardingAddress
          - ldap:
              name: forward
              query_filter: (&(objectClass=qmailUser)(accountStatus=active)(mail=%s)(mailForwardingAddress=*))
              result_attribute: [mail, mailForwardingAddress]
          - group:
              name: groups
              query_filter: (&(objectClass=qmailGroup)(mail=%s))
              member_dn: dnmember
              member_address: rfc822member
              address_attribute: mail
        accounts:
          password:
            - check: search-then-bind
              filter: (&(objectClass=qmailUser)(|(uid=%u)(mail=%u)))
              active:
                attribute: accountStatus
                values: [active]
          user:
            - filter: (&(objectClass=qmailUser)(|(uid=%u)(mail=%u)))
              address_filter: (&(objectClass=qmailUser)(|(accountStatus=active)(accountStatus=shared))(mail=%u))
              attributes: >-
                uid=user, homeDirectory=home, mailMessageStore=mail=maildir:%$, qmailUID=uid, qmailGID=gid,
                mailQuotaSize=quota_rule=*:bytes=%$, mailQuotaCount=quota_rule2=*:messages=%$
              iterate_filter: (&(objectClass=qmailUser)(accountStatus=active))
              iterate_attributes: uid=user
        shared:
          rules:
            - kind: account
              filter: (&(objectClass=qmailUser)(accountStatus=shared))
              listed_in: seeAlso
              folders: postOfficeBox
              link: {delivery_folder: uid, path: /shared/, maildir: /shared.maildirs/}
              rights: lrswite
              own_seen: yes
        senders:
          logins:
            - ldap:
                query_filter: (&(objectClass=qmailUser)(accountStatus=active)(|(mail=%s)(mailAlternateAddress=%s)))
                result_attribute: uid
        """
}
