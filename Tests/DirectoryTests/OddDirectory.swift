import PostroomTesting

extension SampleDirectory {
    /// What matching rules are about: numbers, names, telephones, spaces, marks, options.
    static let odd = SampleDirectory(
        suffix: "o=Odd Values", rootDN: "cn=root,o=odd values", rootPassword: "rootpw", schemas: ["postfix-book"],
        ldif: """
            dn: o=Odd Values
            objectClass: organization
            o: Odd Values
            telephoneNumber: +49 30 123-456
            postalAddress: 1 Long Road$ Some  Town $Land
            x121Address: 12 34 5

            dn: cn=Müller\\2C Jürgen+sn=Müller,o=odd values
            objectClass: inetOrgPerson
            objectClass: posixAccount
            cn: Müller, Jürgen
            cn;lang-en: Mueller,  George
            sn: Müller
            sn;lang-en: Mueller
            uid: inner  spaces
            uidNumber: 1000
            gidNumber: -5
            homeDirectory: /home/With  Spaces/X
            mail: J.M@Example.ORG
            mail: two  spaces@example.org
            mobile: +49-171-2345 678
            description: ﬁne ½ Ａ full width
            description: e\u{301}cole
            title: Ünique TITLE
            employeeNumber: 007

            dn: cn=Second  Person,o=odd values
            objectClass: inetOrgPerson
            objectClass: posixAccount
            objectClass: PostfixBookMailAccount
            objectClass: extensibleObject
            cn: Second  Person
            sn: Person
            uid: second
            uidNumber: 99999999999999999999
            gidNumber: 0
            homeDirectory: /home/with  spaces/x
            mail: second@example.org
            mailEnabled: FALSE
            mailGroupMember: List@Example.org
            mailQuota: 100
            manager: cn=müller\\2C jürgen+sn=MÜLLER,o=Odd Values
            secretary: cn=Second Person,o=odd values
            seeAlso: o=odd values
            labeledURI: http://Example.org/A  b
            dITRedirect: cn=nobody
            associatedDomain: Example.ORG

            dn: cn=group,o=odd values
            objectClass: groupOfUniqueNames
            objectClass: extensibleObject
            cn: group
            uniqueMember: cn=Second Person,o=odd values
            uniqueMember: cn=x,o=odd values
            destinationIndicator: AB
            homePhone: 030 / 12 34
            internationaliSDNNumber: 12 34
            uidNumber: 12
            userPKCS12:: AAEC

            """)
}
