public import NIOCore

extension LDAPMessage {
    /// Appends the message's BER encoding.
    public func encode(into buffer: inout ByteBuffer) {
        var writer = BERWriter(buffer)
        // The writer must be the buffer's only owner, else the first byte copies it.
        buffer = ByteBuffer()
        // LDAPMessage ::= SEQUENCE { messageID MessageID, protocolOp CHOICE {…}, controls [0] Controls OPTIONAL }
        writer.element(BERTag.sequence) { writer in
            writer.integer(id)
            operation.encode(into: &writer)
            guard !controls.isEmpty else { return }
            writer.element(BERTag.constructed(0)) { writer in
                for control in controls { control.encode(into: &writer) }
            }
        }
        buffer = writer.buffer
    }

    /// The message's BER encoding.
    public var encoded: [UInt8] {
        var buffer = ByteBuffer()
        encode(into: &buffer)
        return Array(buffer.readableBytesView)
    }
}

extension LDAPControl {
    /// Control ::= SEQUENCE { controlType LDAPOID, criticality BOOLEAN DEFAULT FALSE, controlValue OCTET STRING OPTIONAL }
    fileprivate func encode(into writer: inout BERWriter) {
        writer.element(BERTag.sequence) { writer in
            writer.text(type)
            if isCritical { writer.boolean(true) }
            if let value { writer.octets(value) }
        }
    }
}

extension LDAPOperation {
    fileprivate func encode(into writer: inout BERWriter) {
        switch self {
        case .bindRequest(let request): request.encode(into: &writer)
        case .bindResponse(let result, let credentials):
            writer.element(OperationTag.bindResponse) { writer in
                result.encode(into: &writer)
                if let credentials { writer.octets(credentials, tag: BERTag.primitive(7)) }
            }
        case .unbindRequest: writer.null(tag: OperationTag.unbindRequest)
        case .searchRequest(let request): request.encode(into: &writer)
        case .searchResultEntry(let entry): entry.encode(OperationTag.searchResultEntry, into: &writer)
        case .searchResultReference(let urls):
            writer.element(OperationTag.searchResultReference) { writer in
                for url in urls { writer.text(url) }
            }
        case .searchResultDone(let result): result.encode(OperationTag.searchResultDone, into: &writer)
        case .modifyRequest(let name, let modifications):
            writer.element(OperationTag.modifyRequest) { writer in
                writer.text(name)
                writer.element(BERTag.sequence) { writer in
                    for modification in modifications { modification.encode(into: &writer) }
                }
            }
        case .modifyResponse(let result): result.encode(OperationTag.modifyResponse, into: &writer)
        case .addRequest(let entry): entry.encode(OperationTag.addRequest, into: &writer)
        case .addResponse(let result): result.encode(OperationTag.addResponse, into: &writer)
        case .deleteRequest(let name): writer.text(name, tag: OperationTag.deleteRequest)
        case .deleteResponse(let result): result.encode(OperationTag.deleteResponse, into: &writer)
        case .modifyDNRequest(let name, let rename):
            writer.element(OperationTag.modifyDNRequest) { writer in
                writer.text(name)
                writer.text(rename.newRDN)
                writer.boolean(rename.deletesOldRDN)
                if let newSuperior = rename.newSuperior { writer.text(newSuperior, tag: BERTag.primitive(0)) }
            }
        case .modifyDNResponse(let result): result.encode(OperationTag.modifyDNResponse, into: &writer)
        case .compareRequest(let name, let attribute, let value):
            writer.element(OperationTag.compareRequest) { writer in
                writer.text(name)
                writer.element(BERTag.sequence) { writer in
                    writer.text(attribute.spelling)
                    writer.octets(value)
                }
            }
        case .compareResponse(let result): result.encode(OperationTag.compareResponse, into: &writer)
        case .abandonRequest(let id): writer.integer(id, tag: OperationTag.abandonRequest)
        case .extendedRequest(let request):
            writer.element(OperationTag.extendedRequest) { writer in
                writer.text(request.name, tag: BERTag.primitive(0))
                if let value = request.value { writer.octets(value, tag: BERTag.primitive(1)) }
            }
        case .extendedResponse(let response):
            writer.element(OperationTag.extendedResponse) { writer in
                response.result.encode(into: &writer)
                if let name = response.name { writer.text(name, tag: BERTag.primitive(10)) }
                if let value = response.value { writer.octets(value, tag: BERTag.primitive(11)) }
            }
        case .intermediateResponse(let name, let value):
            writer.element(OperationTag.intermediateResponse) { writer in
                if let name { writer.text(name, tag: BERTag.primitive(0)) }
                if let value { writer.octets(value, tag: BERTag.primitive(1)) }
            }
        }
    }
}

extension LDAPBindRequest {
    fileprivate func encode(into writer: inout BERWriter) {
        writer.element(OperationTag.bindRequest) { writer in
            writer.integer(version)
            writer.text(name)
            switch authentication {
            case .simple(let password):
                writer.octets(password.bytes, tag: BERTag.primitive(0))
            case .sasl(let mechanism, let credentials):
                writer.element(BERTag.constructed(3)) { writer in
                    writer.text(mechanism)
                    if let credentials { writer.octets(credentials.bytes) }
                }
            }
        }
    }
}

extension LDAPResult {
    fileprivate func encode(_ tag: UInt8, into writer: inout BERWriter) {
        writer.element(tag) { encode(into: &$0) }
    }

    /// COMPONENTS OF LDAPResult
    fileprivate func encode(into writer: inout BERWriter) {
        writer.integer(code.rawValue, tag: BERTag.enumerated)
        writer.text(matchedName)
        writer.text(diagnosticMessage)
        guard !referrals.isEmpty else { return }
        writer.element(BERTag.constructed(3)) { writer in
            for url in referrals { writer.text(url) }
        }
    }
}

extension SearchRequest {
    fileprivate func encode(into writer: inout BERWriter) {
        writer.element(OperationTag.searchRequest) { writer in
            writer.text(base)
            writer.integer(scope.rawValue, tag: BERTag.enumerated)
            writer.integer(dereference.rawValue, tag: BERTag.enumerated)
            writer.integer(sizeLimit)
            writer.integer(timeLimit)
            writer.boolean(typesOnly)
            filter.encode(into: &writer)
            writer.element(BERTag.sequence) { writer in
                for attribute in attributes { writer.text(attribute) }
            }
        }
    }
}

extension LDAPEntry {
    fileprivate func encode(_ tag: UInt8, into writer: inout BERWriter) {
        writer.element(tag) { writer in
            writer.text(name)
            writer.element(BERTag.sequence) { writer in
                for attribute in attributes { attribute.encode(into: &writer) }
            }
        }
    }
}

extension LDAPAttribute {
    /// PartialAttribute ::= SEQUENCE { type AttributeDescription, vals SET OF value AttributeValue }
    fileprivate func encode(into writer: inout BERWriter) {
        writer.element(BERTag.sequence) { writer in
            writer.text(description.spelling)
            writer.element(BERTag.set) { writer in
                for value in values { writer.octets(value) }
            }
        }
    }
}

extension LDAPModification {
    fileprivate func encode(into writer: inout BERWriter) {
        writer.element(BERTag.sequence) { writer in
            writer.integer(operation.rawValue, tag: BERTag.enumerated)
            attribute.encode(into: &writer)
        }
    }
}

extension LDAPFilter {
    fileprivate func encode(into writer: inout BERWriter) {
        switch self {
        case .and(let filters): Self.encode(filters, tag: BERTag.constructed(0), into: &writer)
        case .or(let filters): Self.encode(filters, tag: BERTag.constructed(1), into: &writer)
        case .not(let filter): Self.encode([filter], tag: BERTag.constructed(2), into: &writer)
        case .equality(let attribute, let value):
            Self.encode(attribute, value, tag: BERTag.constructed(3), into: &writer)
        case .substrings(let attribute, let substrings):
            guard !substrings.isEmpty else {
                // A SEQUENCE without parts is against the grammar; no part matches every value.
                return writer.text(attribute.spelling, tag: BERTag.primitive(7))
            }
            writer.element(BERTag.constructed(4)) { writer in
                writer.text(attribute.spelling)
                writer.element(BERTag.sequence) { writer in
                    if let initial = substrings.initial { writer.octets(initial, tag: BERTag.primitive(0)) }
                    for part in substrings.any { writer.octets(part, tag: BERTag.primitive(1)) }
                    if let final = substrings.final { writer.octets(final, tag: BERTag.primitive(2)) }
                }
            }
        case .greaterOrEqual(let attribute, let value):
            Self.encode(attribute, value, tag: BERTag.constructed(5), into: &writer)
        case .lessOrEqual(let attribute, let value):
            Self.encode(attribute, value, tag: BERTag.constructed(6), into: &writer)
        case .present(let attribute):
            writer.text(attribute.spelling, tag: BERTag.primitive(7))
        case .approximate(let attribute, let value):
            Self.encode(attribute, value, tag: BERTag.constructed(8), into: &writer)
        case .extensible(let match):
            writer.element(BERTag.constructed(9)) { writer in
                if let rule = match.matchingRule { writer.text(rule, tag: BERTag.primitive(1)) }
                if let attribute = match.attribute { writer.text(attribute.spelling, tag: BERTag.primitive(2)) }
                writer.octets(match.value, tag: BERTag.primitive(3))
                if match.matchesDNAttributes { writer.boolean(true, tag: BERTag.primitive(4)) }
            }
        }
    }

    private static func encode(_ filters: [LDAPFilter], tag: UInt8, into writer: inout BERWriter) {
        writer.element(tag) { writer in
            for filter in filters { filter.encode(into: &writer) }
        }
    }

    /// AttributeValueAssertion ::= SEQUENCE { attributeDesc AttributeDescription, assertionValue AssertionValue }
    private static func encode(
        _ attribute: AttributeDescription, _ value: [UInt8], tag: UInt8, into writer: inout BERWriter
    ) {
        writer.element(tag) { writer in
            writer.text(attribute.spelling)
            writer.octets(value)
        }
    }
}
