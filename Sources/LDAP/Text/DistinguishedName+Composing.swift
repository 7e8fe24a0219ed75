extension DistinguishedName {
    /// The name of the entry directly below this one whose RDN is `type` = `value`. The value is octets: whatever it
    /// holds, it is one value of one RDN.
    public func appending(_ type: AttributeDescription, _ value: some Sequence<UInt8>) -> DistinguishedName {
        appending(RelativeDistinguishedName([.init(type, Array(value))]))
    }

    /// The name of the entry directly below this one.
    public func appending(_ rdn: RelativeDistinguishedName) -> DistinguishedName {
        DistinguishedName([rdn] + rdns)
    }

    /// The same name with every value replaced: how a template like `uid=%u,ou=people` is filled in. Types and the
    /// number of RDNs can't change.
    public func mapValues<Failure: Error>(
        _ transform: ([UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) -> DistinguishedName {
        var mapped = self
        for rdn in mapped.rdns.indices {
            for assertion in mapped.rdns[rdn].assertions.indices {
                let value = mapped.rdns[rdn].assertions[assertion].value
                mapped.rdns[rdn].assertions[assertion].value = try transform(value)
            }
        }
        return mapped
    }
}
