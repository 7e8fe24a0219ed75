import LDAP
import NIOCore
import PostroomTesting
import Testing

/// Parsers of what comes from outside, fed with damaged input: they give a value or an error, and never trap.
@Suite struct MutationTests {
    private static let rounds = 20_000

    private func mutate(_ corpus: [[UInt8]], seed: UInt64, _ parse: ([UInt8]) -> Void) {
        var generator = SeededGenerator(seed: seed)
        var pool = corpus
        for _ in 0..<Self.rounds {
            guard let base = pool.randomElement(using: &generator) else { return }
            let mutated = generator.mutate(base)
            parse(mutated)
            // Damage adds up.
            if mutated.count < 4096, pool.count < 500 { pool.append(mutated) }
        }
    }

    @Test func `messages`() {
        let corpus = MessageSamples.messages.map(\.encoded).filter { $0.count < 4096 }
        mutate(corpus, seed: 1) { bytes in
            var buffer = ByteBuffer(bytes: bytes)
            while let message = try? LDAPMessage(from: &buffer) {
                #expect(throws: Never.self) { try LDAPMessage(decoding: message.encoded) }
            }
        }
    }

    @Test func `filters`() {
        let corpus = LDAPFilterTests.canonical.map { bytes($0.text) } + [bytes(MessageSamples.filter.description)]
        mutate(corpus, seed: 2) { text in
            guard let filter = try? LDAPFilter(parsing: text) else { return }
            #expect((try? LDAPFilter(parsing: filter.description)) == filter)
        }
    }

    @Test func `names`() {
        let corpus = [#"cn="a, b"+x=#0403616263;OID.1.2=\c4\8d\ ,dc=x"#, ##"cn=\#x, o = y"##, "x=#1E040041"].map(bytes)
        mutate(corpus, seed: 3) { text in
            guard let name = try? DistinguishedName(parsing: text) else { return }
            #expect((try? DistinguishedName(parsing: name.description)) == name)
        }
    }

    @Test func `URLs`() {
        let corpus = ["ldap://[::1]:389/o=x%20?cn,*?sub?(cn=%2a)?!a=b,c", "ldapi://%2ftmp%2fx/o=y??one"].map(bytes)
        mutate(corpus, seed: 4) { text in
            guard let url = try? LDAPURL(parsing: text) else { return }
            #expect((try? LDAPURL(parsing: url.description)) == url)
        }
    }

    @Test func `LDIF`() {
        let changes = "dn: o=x\ncontrol: 1.2 true:: AA==\nchangetype: modify\nadd: a\na: 1\n-\n"
        mutate([bytes(LDIFTests.entries), bytes(changes)], seed: 5) { text in
            var reader = LDIFReader(text)
            var writer = LDIFWriter()
            for _ in 0..<100 {
                do {
                    guard let record = try reader.next() else { break }
                    writer.write(record)
                } catch {
                    continue
                }
            }
            #expect(throws: Never.self) { try LDIFReader.records(of: writer.bytes) }
        }
    }
}
