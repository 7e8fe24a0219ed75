import SASL
import Testing

struct ClientMechanismTests {
    private static func credentials(_ login: String, _ password: String) -> SASLPlainCredentials {
        SASLPlainCredentials(login: Array(login.utf8), password: Array(password.utf8))
    }

    @Test func `CRAM-MD5 answers as in RFC 2195`() {
        var exchange = SASLClientMechanism.cramMD5.exchange(Self.credentials("tim", "tanstaaftanstaaf"))
        #expect(exchange.initialResponse == nil)
        #expect(
            exchange.respond(to: Array("<1896.697170952@postoffice.reston.mci.net>".utf8))
                == Array("tim b913a602c7eda7a495b4e6e7334d3890".utf8))
        #expect(exchange.respond(to: []) == nil)
    }

    // RFC 5802 §5, RFC 7677 §3.
    private static let examples = [
        (
            SCRAMClientExchange.Hash.sha1, "fyko+d2lbbFgONRv9qkxdawL",
            "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="
        ),
        (
            .sha256, "rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        ),
    ]

    @Test(arguments: examples)
    func `SCRAM answers as in the RFCs`(
        hash: SCRAMClientExchange.Hash, nonce: String, first: String, final: String, proof: String
    ) {
        var exchange = SCRAMClientExchange(Self.credentials("user", "pencil"), hash: hash, nonce: Array(nonce.utf8))
        #expect(exchange.initialResponse == Array("n,,n=user,r=\(nonce)".utf8))
        #expect(exchange.respond(to: Array(first.utf8)) == Array(final.utf8))
        #expect(!exchange.isComplete, "the server has not proved anything")
        #expect(exchange.respond(to: Array(proof.utf8)) == [])
        #expect(exchange.isComplete)
    }

    @Test(arguments: [
        "r=fyko+d2lbbFgONRv9qkxdawL,s=QSXCR+Q6sek8bf92,i=4096", "r=other,s=QSXCR+Q6sek8bf92,i=4096",
        "r=fyko+d2lbbFgONRv9qkxdawLx,s=,i=4096", "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=0",
        "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=2000000000", "m=x,r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXC,i=1",
        "e=no", "nonsense",
    ])
    func `a server's first message that can't be trusted ends the exchange`(first: String) {
        var exchange = SCRAMClientExchange(
            Self.credentials("user", "pencil"), hash: .sha1, nonce: Array("fyko+d2lbbFgONRv9qkxdawL".utf8))
        #expect(exchange.respond(to: Array(first.utf8)) == nil)
        #expect(!exchange.isComplete)
    }

    @Test func `a server that proves nothing is not believed`() throws {
        let (hash, nonce, first, _, _) = Self.examples[0]
        var exchange = SCRAMClientExchange(Self.credentials("user", "pencil"), hash: hash, nonce: Array(nonce.utf8))
        _ = exchange.respond(to: Array(first.utf8))
        #expect(exchange.respond(to: Array("v=AAAApqV8S7suAoZWja4dJRkFsKQ=".utf8)) == nil)
        #expect(!exchange.isComplete)
    }

    @Test func `a comma or an equals sign in a name is escaped`() {
        let exchange = SCRAMClientExchange(Self.credentials("a,b=c", "x"), hash: .sha256, nonce: Array("n".utf8))
        #expect(exchange.initialResponse == Array("n,,n=a=2Cb=3Dc,r=n".utf8))
    }

    @Test(arguments: SASLClientMechanism.allCases)
    func `no exchange shows a secret`(mechanism: SASLClientMechanism) {
        var text = ""
        dump(mechanism.exchange(Self.credentials("user", "canary")), to: &text)
        #expect(!"\(mechanism.exchange(Self.credentials("user", "canary")))\(text)".contains("canary"))
    }
}
