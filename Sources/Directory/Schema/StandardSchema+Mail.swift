// Attribute types and object classes as RFC 4512 §4.1 descriptions, without descriptions and without what classes
// require: entries are served as they are in the file, not checked against their class.
extension StandardSchema {
    /// The postfix-book schema. mailGroupMember and mailQuota compare case and have no substrings.
    static let postfixBookAttributes = #"""
        ( 1.3.6.1.4.1.29426.1.10.1 NAME 'mailHomeDirectory' EQUALITY caseExactIA5Match SYNTAX
          1.3.6.1.4.1.1466.115.121.1.26 SINGLE-VALUE )
        ( 1.3.6.1.4.1.29426.1.10.2 NAME 'mailAlias' EQUALITY caseIgnoreIA5Match SUBSTR caseIgnoreIA5SubstringsMatch
          SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
        ( 1.3.6.1.4.1.29426.1.10.3 NAME 'mailUidNumber' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27
          SINGLE-VALUE )
        ( 1.3.6.1.4.1.29426.1.10.4 NAME 'mailGidNumber' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27
          SINGLE-VALUE )
        ( 1.3.6.1.4.1.29426.1.10.5 NAME 'mailEnabled' EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7
          SINGLE-VALUE )
        ( 1.3.6.1.4.1.29426.1.10.6 NAME 'mailGroupMember' EQUALITY caseExactIA5Match SYNTAX
          1.3.6.1.4.1.1466.115.121.1.26 )
        ( 1.3.6.1.4.1.29426.1.10.7 NAME 'mailQuota' EQUALITY caseExactIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
        ( 1.3.6.1.4.1.29426.1.10.8 NAME 'mailStorageDirectory' EQUALITY caseExactIA5Match SYNTAX
          1.3.6.1.4.1.1466.115.121.1.26 SINGLE-VALUE )
        ( 1.3.6.1.4.1.29426.1.10.9 NAME 'mailSieveRuleSource' SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
        """#

    static let postfixBookClasses = #"""
        ( 1.3.6.1.4.1.29426.1.2.2.1 NAME 'PostfixBookMailAccount' SUP top AUXILIARY )
        ( 1.3.6.1.4.1.29426.1.2.2.2 NAME 'PostfixBookMailForward' SUP top AUXILIARY )
        """#

    /// Evolution's address book: listName and contact.
    static let evolutionPersonAttributes = #"""
        ( 1.3.6.1.4.1.8506.1.2.1 NAME 'primaryPhone' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
        ( 1.3.6.1.4.1.8506.1.2.2 NAME 'carPhone' EQUALITY telephoneNumberMatch SUBSTR telephoneNumberSubstringsMatch
          SYNTAX 1.3.6.1.4.1.1466.115.121.1.50 SINGLE-VALUE )
        ( 1.3.6.1.4.1.8506.1.2.3 NAME ( 'homeFacsimileTelephoneNumber' 'homeFax' ) SYNTAX 1.3.6.1.4.1.1466.115.121.1.22
          )
        ( 1.3.6.1.4.1.8506.1.2.4 NAME 'otherPhone' EQUALITY telephoneNumberMatch SUBSTR telephoneNumberSubstringsMatch
          SYNTAX 1.3.6.1.4.1.1466.115.121.1.50 )
        ( 1.3.6.1.4.1.8506.1.2.5 NAME 'businessRole' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 )
        ( 1.3.6.1.4.1.8506.1.2.6 NAME 'managerName' SUP name )
        ( 1.3.6.1.4.1.8506.1.2.7 NAME 'assistantName' SUP name )
        ( 1.3.6.1.4.1.8506.1.2.8 NAME 'spouseName' SUP name SINGLE-VALUE )
        ( 1.3.6.1.4.1.8506.1.2.13 NAME 'note' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 )
        ( 1.3.6.1.4.1.8506.1.2.15 NAME 'fileAs' SUP name )
        ( 1.3.6.1.4.1.8506.1.2.23 NAME 'categories' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 )
        ( 1.3.6.1.4.1.8506.1.2.24 NAME 'contact' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )
        ( 1.3.6.1.4.1.8506.1.2.25 NAME 'listName' SUP name SINGLE-VALUE )
        ( 1.3.6.1.4.1.8506.1.2.26 NAME 'calendarURI' EQUALITY caseExactIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26
          SINGLE-VALUE )
        ( 1.3.6.1.4.1.8506.1.2.27 NAME 'freeBusyURI' EQUALITY caseExactIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26
          SINGLE-VALUE )
        ( 1.3.6.1.4.1.8506.1.2.28 NAME 'category' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 )
        """#

    static let evolutionPersonClasses = #"""
        ( 1.3.6.1.4.1.8506.1.3.1 NAME 'evolutionPerson' SUP top AUXILIARY )
        ( 1.3.6.1.4.1.8506.1.3.2 NAME 'evolutionPersonList' SUP top AUXILIARY )
        """#

    /// mailacceptinggeneralid and maildrop.
    static let postfixUserAttributes = #"""
        ( 1.3.6.1.4.1.4203.666.1.200 NAME 'mailacceptinggeneralid' EQUALITY caseIgnoreMatch SUBSTR
          caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
        ( 1.3.6.1.4.1.4203.666.1.201 NAME 'maildrop' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 )
        """#

    static let postfixUserClasses = #"""
        ( 1.3.6.1.4.1.4203.666.1.100 NAME 'postfixUser' SUP top AUXILIARY )
        """#

    /// qmail-ldap.
    static let qmailAttributes = #"""
        ( 1.3.6.1.4.1.7914.1.2.1.1 NAME 'qmailUID' EQUALITY numericStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.36
          SINGLE-VALUE )
        ( 1.3.6.1.4.1.7914.1.2.1.2 NAME 'qmailGID' EQUALITY numericStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.36
          SINGLE-VALUE )
        ( 1.3.6.1.4.1.7914.1.2.1.3 NAME 'mailMessageStore' EQUALITY caseExactIA5Match SUBSTR caseExactIA5SubstringsMatch
          SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 SINGLE-VALUE )
        ( 1.3.6.1.4.1.7914.1.2.1.4 NAME 'mailAlternateAddress' EQUALITY caseIgnoreIA5Match SUBSTR
          caseIgnoreIA5SubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
        ( 1.3.6.1.4.1.7914.1.2.1.6 NAME 'mailHost' EQUALITY caseIgnoreIA5Match SUBSTR caseIgnoreIA5SubstringsMatch
          SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 SINGLE-VALUE )
        ( 1.3.6.1.4.1.7914.1.2.1.7 NAME 'mailForwardingAddress' EQUALITY caseIgnoreIA5Match SUBSTR
          caseIgnoreIA5SubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
        ( 1.3.6.1.4.1.7914.1.2.1.8 NAME 'deliveryProgramPath' EQUALITY caseExactIA5Match SUBSTR
          caseExactIA5SubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
        ( 1.3.6.1.4.1.7914.1.2.1.9 NAME 'qmailDotMode' EQUALITY caseIgnoreIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26
          SINGLE-VALUE )
        ( 1.3.6.1.4.1.7914.1.2.1.10 NAME 'deliveryMode' EQUALITY caseIgnoreIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26
          )
        ( 1.3.6.1.4.1.7914.1.2.1.11 NAME 'mailReplyText' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch
          SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
        ( 1.3.6.1.4.1.7914.1.2.1.12 NAME 'accountStatus' EQUALITY caseIgnoreIA5Match SYNTAX
          1.3.6.1.4.1.1466.115.121.1.26 SINGLE-VALUE )
        ( 1.3.6.1.4.1.7914.1.2.1.14 NAME 'qmailAccountPurge' EQUALITY numericStringMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.36 SINGLE-VALUE )
        ( 1.3.6.1.4.1.7914.1.2.1.15 NAME 'mailQuotaSize' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27
          SINGLE-VALUE )
        ( 1.3.6.1.4.1.7914.1.2.1.16 NAME 'mailQuotaCount' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27
          SINGLE-VALUE )
        ( 1.3.6.1.4.1.7914.1.2.1.17 NAME 'mailSizeMax' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27
          SINGLE-VALUE )
        ( 1.3.6.1.4.1.7914.1.3.1.1 NAME 'dnmember' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12
          )
        ( 1.3.6.1.4.1.7914.1.3.1.2 NAME 'rfc822member' EQUALITY caseIgnoreIA5Match SUBSTR caseIgnoreIA5SubstringsMatch
          SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
        ( 1.3.6.1.4.1.7914.1.3.1.3 NAME 'filtermember' EQUALITY caseIgnoreIA5Match SUBSTR caseIgnoreIA5SubstringsMatch
          SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
        ( 1.3.6.1.4.1.7914.1.3.1.5 NAME 'membersonly' EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7
          SINGLE-VALUE )
        """#

    static let qmailClasses = #"""
        ( 1.3.6.1.4.1.7914.1.2.2.1 NAME 'qmailUser' SUP top AUXILIARY )
        ( 1.3.6.1.4.1.7914.1.3.2.1 NAME 'qmailGroup' SUP top AUXILIARY )
        """#

    /// Of Active Directory what mail needs; names and classes it shares with the standard are above.
    static let activeDirectoryAttributes = #"""
        ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
        ( 1.2.840.113556.1.2.210 NAME 'proxyAddresses' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 )
        ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch
          SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
        ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27
          SINGLE-VALUE )
        """#

    static let activeDirectoryClasses = #"""
        ( 1.2.840.113556.1.3.23 NAME 'container' SUP top STRUCTURAL )
        ( 1.2.840.113556.1.5.9 NAME 'user' SUP inetOrgPerson STRUCTURAL )
        ( 1.2.840.113556.1.5.8 NAME 'group' SUP top STRUCTURAL )
        """#
}
