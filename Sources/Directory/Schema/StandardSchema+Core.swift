// Attribute types and object classes as RFC 4512 §4.1 descriptions, without descriptions and without what classes
// require: entries are served as they are in the file, not checked against their class.
extension StandardSchema {
    /// Operational attributes and what every server knows (RFC 4512 §§2.4, 3.4, 4.2; RFC 4530; RFC 5020).
    static let operationalAttributes = #"""
        ( 2.5.21.9 NAME 'structuralObjectClass' EQUALITY objectIdentifierMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.38
          SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )
        ( 2.5.18.1 NAME 'createTimestamp' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )
        ( 2.5.18.2 NAME 'modifyTimestamp' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )
        ( 2.5.18.3 NAME 'creatorsName' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 SINGLE-VALUE
          NO-USER-MODIFICATION USAGE directoryOperation )
        ( 2.5.18.4 NAME 'modifiersName' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12
          SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )
        ( 2.5.18.9 NAME 'hasSubordinates' EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 SINGLE-VALUE
          NO-USER-MODIFICATION USAGE directoryOperation )
        ( 2.5.18.10 NAME 'subschemaSubentry' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12
          SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )
        ( 1.3.6.1.1.20 NAME 'entryDN' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 SINGLE-VALUE
          NO-USER-MODIFICATION USAGE directoryOperation )
        ( 1.3.6.1.1.16.4 NAME 'entryUUID' EQUALITY UUIDMatch ORDERING UUIDOrderingMatch SYNTAX 1.3.6.1.1.16.1
          SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )
        ( 1.3.6.1.4.1.4203.666.1.7 NAME 'entryCSN' EQUALITY CSNMatch ORDERING CSNOrderingMatch SYNTAX
          1.3.6.1.4.1.4203.666.11.2.1 SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )
        ( 1.3.6.1.4.1.4203.666.1.25 NAME 'contextCSN' EQUALITY CSNMatch ORDERING CSNOrderingMatch SYNTAX
          1.3.6.1.4.1.4203.666.11.2.1 NO-USER-MODIFICATION USAGE dSAOperation )
        ( 1.3.6.1.4.1.1466.101.120.6 NAME 'altServer' SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 USAGE dSAOperation )
        ( 1.3.6.1.4.1.1466.101.120.5 NAME 'namingContexts' EQUALITY distinguishedNameMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.12 USAGE dSAOperation )
        ( 1.3.6.1.4.1.1466.101.120.13 NAME 'supportedControl' SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 USAGE dSAOperation )
        ( 1.3.6.1.4.1.1466.101.120.7 NAME 'supportedExtension' SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 USAGE dSAOperation )
        ( 1.3.6.1.4.1.1466.101.120.15 NAME 'supportedLDAPVersion' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 USAGE
          dSAOperation )
        ( 1.3.6.1.4.1.1466.101.120.14 NAME 'supportedSASLMechanisms' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 USAGE
          dSAOperation )
        ( 1.3.6.1.4.1.4203.1.3.5 NAME 'supportedFeatures' EQUALITY objectIdentifierMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.38 USAGE dSAOperation )
        ( 1.3.6.1.1.4 NAME 'vendorName' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE
          NO-USER-MODIFICATION USAGE dSAOperation )
        ( 1.3.6.1.1.5 NAME 'vendorVersion' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE
          NO-USER-MODIFICATION USAGE dSAOperation )
        ( 2.5.21.4 NAME 'matchingRules' EQUALITY objectIdentifierFirstComponentMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.30 USAGE directoryOperation )
        ( 2.5.21.5 NAME 'attributeTypes' EQUALITY objectIdentifierFirstComponentMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.3 USAGE directoryOperation )
        ( 2.5.21.6 NAME 'objectClasses' EQUALITY objectIdentifierFirstComponentMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.37 USAGE directoryOperation )
        ( 2.5.21.8 NAME 'matchingRuleUse' EQUALITY objectIdentifierFirstComponentMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.31 USAGE directoryOperation )
        ( 1.3.6.1.4.1.1466.101.120.16 NAME 'ldapSyntaxes' EQUALITY objectIdentifierFirstComponentMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.54 USAGE directoryOperation )
        ( 2.16.840.1.113730.3.1.34 NAME 'ref' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 USAGE
          distributedOperation )
        ( 1.3.6.1.1.1.1.0 NAME 'uidNumber' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
        ( 1.3.6.1.1.1.1.1 NAME 'gidNumber' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
        ( 1.3.6.1.4.1.42.2.27.8.1.29 NAME 'pwdLastSuccess' EQUALITY generalizedTimeMatch ORDERING
          generalizedTimeOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE NO-USER-MODIFICATION USAGE
          directoryOperation )
        ( 1.2.840.113556.1.2.102 NAME 'memberOf' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12
          NO-USER-MODIFICATION USAGE dSAOperation )
        """#

    static let operationalClasses = #"""
        ( 2.5.6.0 NAME 'top' ABSTRACT )
        ( 1.3.6.1.4.1.1466.101.120.111 NAME 'extensibleObject' SUP top AUXILIARY )
        ( 2.16.840.1.113730.3.2.6 NAME 'referral' SUP top STRUCTURAL )
        ( 2.5.17.0 NAME 'subentry' SUP top STRUCTURAL )
        ( 2.5.20.1 NAME 'subschema' AUXILIARY )
        ( 1.3.6.1.4.1.1466.101.119.2 NAME 'dynamicObject' SUP top AUXILIARY )
        """#

    /// RFC 4519, RFC 4523, RFC 4524 and RFC 2079.
    static let coreAttributes = #"""
        ( 2.5.4.0 NAME 'objectClass' EQUALITY objectIdentifierMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )
        ( 2.5.4.1 NAME ( 'aliasedObjectName' 'aliasedEntryName' ) EQUALITY distinguishedNameMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.12 SINGLE-VALUE )
        ( 2.5.4.49 NAME 'distinguishedName' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )
        ( 2.5.4.41 NAME 'name' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 )
        ( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )
        ( 0.9.2342.19200300.100.1.1 NAME ( 'uid' 'userid' ) EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch
          SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
        ( 2.5.4.35 NAME 'userPassword' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
        ( 1.3.6.1.4.1.250.1.57 NAME 'labeledURI' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
        ( 2.5.4.13 NAME 'description' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 )
        ( 2.5.4.34 NAME 'seeAlso' SUP distinguishedName )
        ( 2.5.4.2 NAME 'knowledgeInformation' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
        ( 2.5.4.4 NAME ( 'sn' 'surname' ) SUP name )
        ( 2.5.4.5 NAME 'serialNumber' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.44 )
        ( 2.5.4.6 NAME ( 'c' 'countryName' ) SUP name SYNTAX 1.3.6.1.4.1.1466.115.121.1.11 SINGLE-VALUE )
        ( 2.5.4.7 NAME ( 'l' 'localityName' ) SUP name )
        ( 2.5.4.8 NAME ( 'st' 'stateOrProvinceName' ) SUP name )
        ( 2.5.4.9 NAME ( 'street' 'streetAddress' ) EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 )
        ( 2.5.4.10 NAME ( 'o' 'organizationName' ) SUP name )
        ( 2.5.4.11 NAME ( 'ou' 'organizationalUnitName' ) SUP name )
        ( 2.5.4.12 NAME 'title' SUP name )
        ( 2.5.4.14 NAME 'searchGuide' SYNTAX 1.3.6.1.4.1.1466.115.121.1.25 )
        ( 2.5.4.15 NAME 'businessCategory' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 )
        ( 2.5.4.16 NAME 'postalAddress' EQUALITY caseIgnoreListMatch SUBSTR caseIgnoreListSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.41 )
        ( 2.5.4.17 NAME 'postalCode' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 )
        ( 2.5.4.18 NAME 'postOfficeBox' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 )
        ( 2.5.4.19 NAME 'physicalDeliveryOfficeName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 )
        ( 2.5.4.20 NAME 'telephoneNumber' EQUALITY telephoneNumberMatch SUBSTR telephoneNumberSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.50 )
        ( 2.5.4.21 NAME 'telexNumber' SYNTAX 1.3.6.1.4.1.1466.115.121.1.52 )
        ( 2.5.4.22 NAME 'teletexTerminalIdentifier' SYNTAX 1.3.6.1.4.1.1466.115.121.1.51 )
        ( 2.5.4.23 NAME ( 'facsimileTelephoneNumber' 'fax' ) SYNTAX 1.3.6.1.4.1.1466.115.121.1.22 )
        ( 2.5.4.24 NAME 'x121Address' EQUALITY numericStringMatch SUBSTR numericStringSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.36 )
        ( 2.5.4.25 NAME 'internationaliSDNNumber' EQUALITY numericStringMatch SUBSTR numericStringSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.36 )
        ( 2.5.4.26 NAME 'registeredAddress' SUP postalAddress SYNTAX 1.3.6.1.4.1.1466.115.121.1.41 )
        ( 2.5.4.27 NAME 'destinationIndicator' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.44 )
        ( 2.5.4.28 NAME 'preferredDeliveryMethod' SYNTAX 1.3.6.1.4.1.1466.115.121.1.14 SINGLE-VALUE )
        ( 2.5.4.29 NAME 'presentationAddress' EQUALITY presentationAddressMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.43
          SINGLE-VALUE )
        ( 2.5.4.30 NAME 'supportedApplicationContext' EQUALITY objectIdentifierMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.38 )
        ( 2.5.4.31 NAME 'member' SUP distinguishedName )
        ( 2.5.4.32 NAME 'owner' SUP distinguishedName )
        ( 2.5.4.33 NAME 'roleOccupant' SUP distinguishedName )
        ( 2.5.4.36 NAME 'userCertificate' EQUALITY certificateExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.8 )
        ( 2.5.4.37 NAME 'cACertificate' EQUALITY certificateExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.8 )
        ( 2.5.4.38 NAME 'authorityRevocationList' SYNTAX 1.3.6.1.4.1.1466.115.121.1.9 )
        ( 2.5.4.39 NAME 'certificateRevocationList' SYNTAX 1.3.6.1.4.1.1466.115.121.1.9 )
        ( 2.5.4.40 NAME 'crossCertificatePair' SYNTAX 1.3.6.1.4.1.1466.115.121.1.10 )
        ( 2.5.4.42 NAME ( 'givenName' 'gn' ) SUP name )
        ( 2.5.4.43 NAME 'initials' SUP name )
        ( 2.5.4.44 NAME 'generationQualifier' SUP name )
        ( 2.5.4.45 NAME 'x500UniqueIdentifier' EQUALITY bitStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.6 )
        ( 2.5.4.46 NAME 'dnQualifier' EQUALITY caseIgnoreMatch ORDERING caseIgnoreOrderingMatch SUBSTR
          caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.44 )
        ( 2.5.4.47 NAME 'enhancedSearchGuide' SYNTAX 1.3.6.1.4.1.1466.115.121.1.21 )
        ( 2.5.4.48 NAME 'protocolInformation' EQUALITY protocolInformationMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.42 )
        ( 2.5.4.50 NAME 'uniqueMember' EQUALITY uniqueMemberMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.34 )
        ( 2.5.4.51 NAME 'houseIdentifier' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX
          1.3.6.1.4.1.1466.115.121.1.15 )
        ( 2.5.4.52 NAME 'supportedAlgorithms' SYNTAX 1.3.6.1.4.1.1466.115.121.1.49 )
        ( 2.5.4.53 NAME 'deltaRevocationList' SYNTAX 1.3.6.1.4.1.1466.115.121.1.9 )
        ( 2.5.4.54 NAME 'dmdName' SUP name )
        ( 2.5.4.65 NAME 'pseudonym' SUP name )
        ( 0.9.2342.19200300.100.1.3 NAME ( 'mail' 'rfc822Mailbox' ) EQUALITY caseIgnoreIA5Match SUBSTR
          caseIgnoreIA5SubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
        ( 0.9.2342.19200300.100.1.25 NAME ( 'dc' 'domainComponent' ) EQUALITY caseIgnoreIA5Match SUBSTR
          caseIgnoreIA5SubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 SINGLE-VALUE )
        ( 0.9.2342.19200300.100.1.37 NAME 'associatedDomain' EQUALITY caseIgnoreIA5Match SUBSTR
          caseIgnoreIA5SubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
        ( 1.2.840.113549.1.9.1 NAME ( 'email' 'emailAddress' 'pkcs9email' ) EQUALITY caseIgnoreIA5Match SUBSTR
          caseIgnoreIA5SubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
        """#

    static let coreClasses = #"""
        ( 2.5.6.1 NAME 'alias' SUP top STRUCTURAL )
        ( 2.5.6.2 NAME 'country' SUP top STRUCTURAL )
        ( 2.5.6.3 NAME 'locality' SUP top STRUCTURAL )
        ( 2.5.6.4 NAME 'organization' SUP top STRUCTURAL )
        ( 2.5.6.5 NAME 'organizationalUnit' SUP top STRUCTURAL )
        ( 2.5.6.6 NAME 'person' SUP top STRUCTURAL )
        ( 2.5.6.7 NAME 'organizationalPerson' SUP person STRUCTURAL )
        ( 2.5.6.8 NAME 'organizationalRole' SUP top STRUCTURAL )
        ( 2.5.6.9 NAME 'groupOfNames' SUP top STRUCTURAL )
        ( 2.5.6.10 NAME 'residentialPerson' SUP person STRUCTURAL )
        ( 2.5.6.11 NAME 'applicationProcess' SUP top STRUCTURAL )
        ( 2.5.6.12 NAME 'applicationEntity' SUP top STRUCTURAL )
        ( 2.5.6.13 NAME 'dSA' SUP applicationEntity STRUCTURAL )
        ( 2.5.6.14 NAME 'device' SUP top STRUCTURAL )
        ( 2.5.6.15 NAME 'strongAuthenticationUser' SUP top AUXILIARY )
        ( 2.5.6.16 NAME 'certificationAuthority' SUP top AUXILIARY )
        ( 2.5.6.17 NAME 'groupOfUniqueNames' SUP top STRUCTURAL )
        ( 2.5.6.18 NAME 'userSecurityInformation' SUP top AUXILIARY )
        ( 2.5.6.16.2 NAME 'certificationAuthority-V2' SUP certificationAuthority AUXILIARY )
        ( 2.5.6.19 NAME 'cRLDistributionPoint' SUP top STRUCTURAL )
        ( 2.5.6.20 NAME 'dmd' SUP top STRUCTURAL )
        ( 2.5.6.21 NAME 'pkiUser' SUP top AUXILIARY )
        ( 2.5.6.22 NAME 'pkiCA' SUP top AUXILIARY )
        ( 2.5.6.23 NAME 'deltaCRL' SUP top AUXILIARY )
        ( 1.3.6.1.4.1.250.3.15 NAME 'labeledURIObject' SUP top AUXILIARY )
        ( 0.9.2342.19200300.100.4.19 NAME 'simpleSecurityObject' SUP top AUXILIARY )
        ( 1.3.6.1.4.1.1466.344 NAME 'dcObject' SUP top AUXILIARY )
        ( 1.3.6.1.1.3.1 NAME 'uidObject' SUP top AUXILIARY )
        """#
}
