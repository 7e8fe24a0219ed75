import LDAP

/// One message of every kind, with long and short, empty and binary values.
enum MessageSamples {
    static let filter = LDAPFilter.and([
        .or([
            .equality("cn", bytes("x")),
            .substrings("mail", LDAPSubstrings(initial: bytes("a"), any: [bytes("b"), [0]], final: bytes("c"))),
        ]),
        .not(.present("objectClass")), .greaterOrEqual("age", bytes("1")), .lessOrEqual("age", bytes("9")),
        .approximate("cn", bytes(String(repeating: "y", count: 300))), .and([]), .or([]),
        .extensible(
            LDAPExtensibleMatch(matchingRule: "1.2.3", attribute: "cn", value: [0xFF], matchesDNAttributes: true)),
        .extensible(LDAPExtensibleMatch(attribute: "cn", value: [])),
        .substrings("mail", LDAPSubstrings(final: bytes("@x"))),
    ])

    static let entry = LDAPEntry(
        name: "cn=Lučić,dc=example",
        attributes: [
            LDAPAttribute("cn", [bytes("Lučić"), []]),
            LDAPAttribute("jpegPhoto", [[UInt8](repeating: 7, count: 70_000)]),
            LDAPAttribute("member;range=0-1499", []),
        ])

    static let result = LDAPResult(
        .referral, matchedName: "dc=example", diagnosticMessage: "elsewhere", referrals: ["ldap://a/", "ldap://b/"])

    static let operations: [LDAPOperation] = [
        .bindRequest(LDAPBindRequest(name: "cn=x", authentication: .simple("secret"))),
        .bindRequest(LDAPBindRequest(name: "", authentication: .sasl(mechanism: "EXTERNAL", credentials: ""))),
        .bindRequest(LDAPBindRequest(name: "", authentication: .sasl(mechanism: "EXTERNAL", credentials: nil))),
        .bindResponse(LDAPResult(.success), serverCredentials: nil),
        .bindResponse(result, serverCredentials: [1, 2]), .unbindRequest,
        .searchRequest(
            SearchRequest(
                base: "dc=example", scope: .one, filter: filter, attributes: ["cn", "*", "+"], sizeLimit: 128,
                timeLimit: 70_000, typesOnly: true, dereference: .always)),
        .searchResultEntry(entry), .searchResultReference(["ldap://c/??sub"]), .searchResultDone(result),
        .modifyRequest(
            name: "cn=x",
            [
                LDAPModification(.add, "mail", [bytes("a")]), LDAPModification(.delete, "sn"),
                LDAPModification(.replace, "cn", [bytes("b")]), LDAPModification(.increment, "n", [bytes("1")]),
            ]),
        .modifyResponse(result), .addRequest(entry), .addResponse(result), .deleteRequest(name: "cn=x"),
        .deleteResponse(result), .modifyDNRequest(name: "cn=x", LDAPRename(newRDN: "cn=y", deletesOldRDN: true)),
        .modifyDNRequest(name: "cn=x", LDAPRename(newRDN: "cn=y", deletesOldRDN: false, newSuperior: "o=z")),
        .modifyDNResponse(result), .compareRequest(name: "cn=x", "cn", bytes("v")),
        .compareResponse(LDAPResult(.compareTrue)), .abandonRequest(id: 70_000),
        .extendedRequest(LDAPExtendedRequest(name: LDAPExtension.whoAmI)),
        .extendedRequest(PasswordModification(userIdentity: "u", oldPassword: "o", newPassword: "n").request),
        .extendedResponse(LDAPExtendedResponse(result, name: "1.2", value: [3])),
        .intermediateResponse(name: "1.2", value: [9]), .intermediateResponse(name: nil, value: nil),
    ]

    static let messages: [LDAPMessage] = operations.enumerated().map { index, operation in
        LDAPMessage(
            id: index * 5_000_000, operation: operation,
            controls: index.isMultiple(of: 2)
                ? [] : [PagedResults(size: 500, cookie: [1]).control(), LDAPControl(type: "1.2.840.113556.1.4.417")])
    }
}
