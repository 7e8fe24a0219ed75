extension Preset {
    /// Active Directory and Samba: people by sAMAccountName, userPrincipalName or `mail`, aliases in `proxyAddresses`,
    /// groups (nested ones too) by `member`; passwords are checked by bind, since no domain controller shows them. Whoever
    /// is disabled (bit 2 of userAccountControl, [MS-ADTS] §2.2.16) neither logs in nor gets mail.
    static let activeDirectoryYAML = """
        domains:
          mailbox:
            - ldap:
                query_filter: (&(|(objectClass=user)(objectClass=group))(|(mail=*@%s)(proxyAddresses=smtp:*@%s)))
                result_attribute: mail
        aliases:
          - ldap:
              name: proxy-addresses
              query_filter: (&(objectClass=user)(proxyAddresses=smtp:%s)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))
              result_attribute: mail
          - group:
              name: groups
              query_filter: (&(objectClass=group)(|(mail=%s)(proxyAddresses=smtp:%s)))
              member_dn: member
              address_attribute: mail
        accounts:
          password:
            - check: search-then-bind
              filter: >-
                (&(objectClass=user)(|(sAMAccountName=%u)(userPrincipalName=%u)(mail=%u))(!(userAccountControl:1.2.840.113556.1.4.803:=2)))
          user:
            - filter: (&(objectClass=user)(|(sAMAccountName=%u)(userPrincipalName=%u)(mail=%u)))
              address_filter: (&(objectClass=user)(mail=%u)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))
              attributes: >-
                sAMAccountName=user, uidNumber=uid, gidNumber=gid, =home=/var/mail/postroom/%{ldap:sAMAccountName}
          mail_location: maildir:~/Maildir
        shared:
          rules:
            - kind: delegation
              filter: (&(objectClass=user)(mail=*)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))
              members: msExchDelegateListLink
              display: "%{ldap:sAMAccountName}"
              rights: lrswitekxp
        senders:
          logins:
            - ldap:
                query_filter: (&(objectClass=user)(|(mail=%s)(proxyAddresses=smtp:%s)))
                result_attribute: sAMAccountName
        """
}
