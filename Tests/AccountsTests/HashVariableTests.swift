import Accounts
import Testing

/// What Dovecot 2.3.19.1 gives for these, as `doveadm user` shows it.
struct HashVariableTests {
    static let templates = [
        "%Hu", "%Nu", "%2.256Nu", "%4Hu", "%03.8Hu", "%Mu", "%2.3Mu", "%05u", "%{md5:user}", "%{sha1;rounds=3:user}",
        "%{sha256;truncate=12,salt=ab:user}", "%{sha256;truncate=20,format=base64:user}", "%{sha512;truncate=7:user}",
        "%{if;%n;eq;bob;y;n}", "%{if;%d;eq;;y;n}", "%{if;12;<;7;y;n}", "%{if;%u;*;b?b*;y;n}",
        "%{if;%n;eq;b\\;b;y\\:1;n}", "%LHu", "%MRu",
    ]

    @Test(arguments: [
        (
            "bob",
            """
            6952 70ef21ca ca 2 002 9f9d51bc70ef21ca5c14f307980a29d8 9d5 00bob 9f9d51bc70ef21ca5c14f307980a29d8 \
            89a986c61712331e4ffdd9ebb7d763f6de942fa5 0cf9 CBtj 02 y y n y n 6952 8d92a089703f41c5ac12fe07cb15d9f9
            """
        ),
        (
            "Bob.Smith@Example.ORG",
            """
            525ba7 308828a6 a6 3 007 1d0988b0308828a60d91fb6045349075 098 Bob.Smith@Example.ORG \
            1d0988b0308828a60d91fb6045349075 7f48410c9dac30a7f06770dd743111de762ca820 0d03 C4po 59 n n n n n 12d947 \
            5709435406bf19d06a8288030b8890d1
            """
        ),
        (
            "a@b@c",
            """
            656663 1bb90650 50 3 003 b8d210701bb90650b5582aad7b599996 d21 a@b@c b8d210701bb90650b5582aad7b599996 \
            63ad81ad125fd9f14dec2c813af2af7cd1c947ed 0200 ArXt 4c n n n n n 656663 699995b7daa2855b05609bb107012d8b
            """
        ),
        (
            "12",
            """
            342 6fe97759 59 2 002 c20ad4d76fe97759aa27a0c99bff6710 0ad 00012 c20ad4d76fe97759aa27a0c99bff6710 \
            c32bd9dae5e3148e66f45beb089fee7fea4e55d7 059d BrUd 2d n y n n n 342 0176ffb99c0a72aa95779ef67d4da02c
            """
        ),
    ])
    func `hashes and conditions give what Dovecot's give`(user: String, expected: String) throws {
        let variables = LoginVariables(user: Array(user.utf8), service: "doveadm")
        for (template, expected) in zip(Self.templates, expected.split(separator: " ")) {
            let value = try Template(template, for: .fields).render(variables)
            #expect(String(decoding: value, as: UTF8.self) == expected, "\(template)")
        }
    }

    @Test(arguments: ["==", "!=", "<", "<=", ">", ">="])
    func `given what is no number, then no comparison of numbers holds`(comparison: String) throws {
        let variables = LoginVariables(user: Array("bob".utf8), service: "doveadm")
        for template in ["%{if;%n;\(comparison);7;y;n}", "%{if;7;\(comparison);%d;y;n}"] {
            #expect(try Template(template, for: .fields).render(variables) == Array("n".utf8))
        }
    }

    @Test(arguments: [
        "%{if;%n;~;b.b;y;n}", "%{if;%n;eq;bob;y}", "%{if;%n;is;bob;y;n}", "%{pkcs5;rounds=3:user}",
        "%{sha256;rounds=0:user}", "%{sha256;rounds=10001:user}", "%{sha256;truncate=-1:user}",
        "%{sha256;format=octal:user}", "%{sha256;pepper=x:user}", "%{sha256;rounds=2}", "%{sha3:user}",
    ])
    func `what can't be followed is a fault of the template`(template: String) {
        #expect(throws: TemplateSyntaxError.self) { try Template(template, for: .fields) }
    }
}
