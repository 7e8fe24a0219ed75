extension LDAPMessage {
    /// Filters within filters that are decoded at most.
    static let maximumFilterDepth = 100

    /// Decodes one whole message. What follows known elements is ignored, as RFC 4511 §4 asks.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(LDAPDecodingError) {
        var reader = BERReader(bytes)
        guard let tag = reader.nextTag else { throw LDAPDecodingError(.truncated) }
        guard tag == BERTag.sequence else { throw LDAPDecodingError(.notAMessage(tag: tag)) }
        var message = try reader.element(BERTag.sequence)
        let id = try message.integer()
        guard id >= 0, id <= Int(Int32.max) else { throw LDAPDecodingError(.badMessageID) }
        let (operationTag, content) = try message.element()
        let operation = try LDAPOperation(tag: operationTag, content: content)
        var controls: [LDAPControl] = []
        if var list = try message.optionalElement(BERTag.constructed(0)) {
            while !list.isAtEnd { controls.append(try LDAPControl(try list.element(BERTag.sequence))) }
        }
        self.init(id: id, operation: operation, controls: controls)
    }

    public init(decoding bytes: [UInt8]) throws(LDAPDecodingError) {
        let result = bytes.withUnsafeBytes { bytes -> Result<LDAPMessage, LDAPDecodingError> in
            do throws(LDAPDecodingError) {
                return .success(try LDAPMessage(decoding: bytes))
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }
}

extension LDAPControl {
    fileprivate init(_ content: BERReader) throws(LDAPDecodingError) {
        var content = content
        self.init(type: try content.text())
        if let criticality = try content.optionalElement(BERTag.boolean) { isCritical = try criticality.boolean }
        value = try content.optionalElement(BERTag.octetString)?.octets
    }
}

extension LDAPOperation {
    fileprivate init(tag: UInt8, content: BERReader) throws(LDAPDecodingError) {
        var content = content
        switch tag {
        case OperationTag.searchResultEntry: self = .searchResultEntry(try LDAPEntry(content))
        case OperationTag.searchResultDone: self = .searchResultDone(try LDAPResult(&content))
        case OperationTag.searchResultReference: self = .searchResultReference(try content.texts())
        case OperationTag.bindRequest: self = .bindRequest(try LDAPBindRequest(content))
        case OperationTag.bindResponse:
            let result = try LDAPResult(&content)
            self = .bindResponse(
                result, serverCredentials: try content.optionalElement(BERTag.primitive(7))?.octets)
        case OperationTag.unbindRequest: self = .unbindRequest
        case OperationTag.searchRequest: self = .searchRequest(try SearchRequest(content))
        case OperationTag.modifyRequest:
            let name = try content.text()
            var list = try content.element(BERTag.sequence)
            var modifications: [LDAPModification] = []
            while !list.isAtEnd {
                modifications.append(try LDAPModification(try list.element(BERTag.sequence)))
            }
            self = .modifyRequest(name: name, modifications)
        case OperationTag.modifyResponse: self = .modifyResponse(try LDAPResult(&content))
        case OperationTag.addRequest: self = .addRequest(try LDAPEntry(content))
        case OperationTag.addResponse: self = .addResponse(try LDAPResult(&content))
        case OperationTag.deleteRequest: self = .deleteRequest(name: content.text)
        case OperationTag.deleteResponse: self = .deleteResponse(try LDAPResult(&content))
        case OperationTag.modifyDNRequest:
            let name = try content.text()
            var rename = LDAPRename(newRDN: try content.text(), deletesOldRDN: try content.boolean())
            rename.newSuperior = try content.optionalElement(BERTag.primitive(0))?.text
            self = .modifyDNRequest(name: name, rename)
        case OperationTag.modifyDNResponse: self = .modifyDNResponse(try LDAPResult(&content))
        case OperationTag.compareRequest:
            let name = try content.text()
            var assertion = try content.element(BERTag.sequence)
            self = .compareRequest(name: name, AttributeDescription(try assertion.text()), try assertion.octets())
        case OperationTag.compareResponse: self = .compareResponse(try LDAPResult(&content))
        case OperationTag.abandonRequest: self = .abandonRequest(id: try content.integer)
        case OperationTag.extendedRequest:
            self = .extendedRequest(
                LDAPExtendedRequest(
                    name: try content.text(BERTag.primitive(0)),
                    value: try content.optionalElement(BERTag.primitive(1))?.octets))
        case OperationTag.extendedResponse:
            let result = try LDAPResult(&content)
            self = .extendedResponse(
                LDAPExtendedResponse(
                    result, name: try content.optionalElement(BERTag.primitive(10))?.text,
                    value: try content.optionalElement(BERTag.primitive(11))?.octets))
        case OperationTag.intermediateResponse:
            self = .intermediateResponse(
                name: try content.optionalElement(BERTag.primitive(0))?.text,
                value: try content.optionalElement(BERTag.primitive(1))?.octets)
        default: throw LDAPDecodingError(.unknownOperation(tag: tag))
        }
    }
}

extension BERReader {
    fileprivate mutating func texts() throws(LDAPDecodingError) -> [String] {
        var texts: [String] = []
        while !isAtEnd { texts.append(try text()) }
        return texts
    }
}

extension LDAPBindRequest {
    fileprivate init(_ content: BERReader) throws(LDAPDecodingError) {
        var content = content
        let version = try content.integer()
        let name = try content.text()
        var (tag, choice) = try content.element()
        switch tag {
        case BERTag.primitive(0):
            self.init(version: version, name: name, authentication: .simple(LDAPPassword(choice.octets)))
        case BERTag.constructed(3):
            let mechanism = try choice.text()
            let credentials = try choice.optionalElement(BERTag.octetString).map { LDAPPassword($0.octets) }
            self.init(
                version: version, name: name, authentication: .sasl(mechanism: mechanism, credentials: credentials))
        default: throw LDAPDecodingError(.badValue("the authentication choice"))
        }
    }
}

extension LDAPResult {
    /// COMPONENTS OF LDAPResult; what an operation adds to them is left to be read.
    fileprivate init(_ content: inout BERReader) throws(LDAPDecodingError) {
        self.init(
            ResultCode(rawValue: try content.integer(BERTag.enumerated)), matchedName: try content.text(),
            diagnosticMessage: try content.text())
        if var list = try content.optionalElement(BERTag.constructed(3)) { referrals = try list.texts() }
    }
}

extension SearchRequest {
    fileprivate init(_ content: BERReader) throws(LDAPDecodingError) {
        var content = content
        let base = try content.text()
        guard let scope = SearchScope(rawValue: try content.integer(BERTag.enumerated)) else {
            throw LDAPDecodingError(.badValue("the scope"))
        }
        guard let dereference = DereferencePolicy(rawValue: try content.integer(BERTag.enumerated)) else {
            throw LDAPDecodingError(.badValue("derefAliases"))
        }
        let sizeLimit = try content.integer()
        let timeLimit = try content.integer()
        let typesOnly = try content.boolean()
        let filter = try LDAPFilter(&content, depth: 1)
        var list = try content.element(BERTag.sequence)
        self.init(
            base: base, scope: scope, filter: filter, attributes: try list.texts(), sizeLimit: sizeLimit,
            timeLimit: timeLimit, typesOnly: typesOnly, dereference: dereference)
    }
}

extension LDAPEntry {
    fileprivate init(_ content: BERReader) throws(LDAPDecodingError) {
        var content = content
        self.init(name: try content.text())
        var list = try content.element(BERTag.sequence)
        while !list.isAtEnd { attributes.append(try LDAPAttribute(try list.element(BERTag.sequence))) }
    }
}

extension LDAPAttribute {
    fileprivate init(_ content: BERReader) throws(LDAPDecodingError) {
        var content = content
        let description = AttributeDescription(try content.text())
        var values: [[UInt8]] = []
        // Some servers leave the SET out where it would be empty.
        if var list = try content.optionalElement(BERTag.set) {
            while !list.isAtEnd { values.append(try list.octets()) }
        }
        self.init(description, values)
    }
}

extension LDAPModification {
    fileprivate init(_ content: BERReader) throws(LDAPDecodingError) {
        var content = content
        guard let operation = Operation(rawValue: try content.integer(BERTag.enumerated)) else {
            throw LDAPDecodingError(.badValue("the modification"))
        }
        self.init(operation, try LDAPAttribute(try content.element(BERTag.sequence)))
    }
}

extension LDAPFilter {
    fileprivate init(_ reader: inout BERReader, depth: Int) throws(LDAPDecodingError) {
        guard depth <= LDAPMessage.maximumFilterDepth else {
            throw LDAPDecodingError(.tooDeep(maximum: LDAPMessage.maximumFilterDepth))
        }
        var (tag, content) = try reader.element()
        switch tag {
        case BERTag.constructed(0): self = .and(try Self.list(&content, depth: depth))
        case BERTag.constructed(1): self = .or(try Self.list(&content, depth: depth))
        case BERTag.constructed(2): self = .not(try LDAPFilter(&content, depth: depth + 1))
        case BERTag.constructed(3): self = .equality(AttributeDescription(try content.text()), try content.octets())
        case BERTag.constructed(4):
            let attribute = AttributeDescription(try content.text())
            self = .substrings(attribute, try LDAPSubstrings(try content.element(BERTag.sequence)))
        case BERTag.constructed(5):
            self = .greaterOrEqual(AttributeDescription(try content.text()), try content.octets())
        case BERTag.constructed(6):
            self = .lessOrEqual(AttributeDescription(try content.text()), try content.octets())
        case BERTag.primitive(7): self = .present(AttributeDescription(content.text))
        case BERTag.constructed(8):
            self = .approximate(AttributeDescription(try content.text()), try content.octets())
        case BERTag.constructed(9):
            let rule = try content.optionalElement(BERTag.primitive(1))?.text
            let attribute = try content.optionalElement(BERTag.primitive(2)).map { AttributeDescription($0.text) }
            var match = LDAPExtensibleMatch(
                matchingRule: rule, attribute: attribute, value: try content.octets(BERTag.primitive(3)))
            if let flag = try content.optionalElement(BERTag.primitive(4)) {
                match.matchesDNAttributes = try flag.boolean
            }
            self = .extensible(match)
        default: throw LDAPDecodingError(.badValue("the filter"))
        }
    }

    private static func list(_ content: inout BERReader, depth: Int) throws(LDAPDecodingError) -> [LDAPFilter] {
        var filters: [LDAPFilter] = []
        while !content.isAtEnd { filters.append(try LDAPFilter(&content, depth: depth + 1)) }
        return filters
    }
}

extension LDAPSubstrings {
    fileprivate init(_ content: BERReader) throws(LDAPDecodingError) {
        var content = content
        self.init()
        while !content.isAtEnd {
            let (tag, part) = try content.element()
            switch tag {
            case BERTag.primitive(0) where initial == nil && any.isEmpty && final == nil: initial = part.octets
            case BERTag.primitive(1) where final == nil: any.append(part.octets)
            case BERTag.primitive(2) where final == nil: final = part.octets
            default: throw LDAPDecodingError(.badValue("a substring"))
            }
        }
    }
}
