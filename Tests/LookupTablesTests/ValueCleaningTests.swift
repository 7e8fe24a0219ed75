import LDAP
import LookupTables
import Testing

@Suite struct `The cleaning of values` {
    private let addresses = ["smtp:b@x", "sip:a@x", "x500:/o=x/cn=a", "SMTP:a@x", "Smtp:c@x", "d@x", "smt", "smtp:"]

    private func cleaned(_ cleaning: ValueCleaning, _ attribute: AttributeDescription) -> [String] {
        cleaning.cleaned(addresses.map(bytes), of: attribute).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `values with a prefix are kept without it, the primary one first`() {
        #expect(cleaned(.proxyAddresses, "proxyaddresses") == ["a@x", "b@x", "c@x", ""])
        #expect(cleaned(.primaryProxyAddress, "proxyAddresses;lang-de") == ["a@x"])
    }

    @Test func `without a primary address the others count`() {
        let values = [bytes("smtp:b@x"), bytes("sip:a@x"), bytes("smtp:c@x")]
        #expect(
            ValueCleaning.primaryProxyAddress.cleaned(values, of: "proxyAddresses") == [bytes("b@x"), bytes("c@x")])
    }

    @Test func `values of other attributes stay as they are`() {
        #expect(cleaned(.proxyAddresses, "mail") == addresses)
    }
}
