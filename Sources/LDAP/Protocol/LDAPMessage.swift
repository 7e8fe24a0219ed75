/// One message of either side (RFC 4511 §4.1.1).
public struct LDAPMessage: Hashable, Sendable {
    /// 0 for what a server sends unasked, else from 1 to 2³¹ − 1.
    public var id: Int
    public var operation: LDAPOperation
    public var controls: [LDAPControl]

    public init(id: Int, operation: LDAPOperation, controls: [LDAPControl] = []) {
        self.id = id
        self.operation = operation
        self.controls = controls
    }
}

/// What a message asks or answers.
public enum LDAPOperation: Hashable, Sendable {
    case bindRequest(LDAPBindRequest)
    case bindResponse(LDAPResult, serverCredentials: [UInt8]?)
    case unbindRequest
    case searchRequest(SearchRequest)
    case searchResultEntry(LDAPEntry)
    case searchResultReference([String])
    case searchResultDone(LDAPResult)
    case modifyRequest(name: String, [LDAPModification])
    case modifyResponse(LDAPResult)
    case addRequest(LDAPEntry)
    case addResponse(LDAPResult)
    case deleteRequest(name: String)
    case deleteResponse(LDAPResult)
    case modifyDNRequest(name: String, LDAPRename)
    case modifyDNResponse(LDAPResult)
    case compareRequest(name: String, AttributeDescription, [UInt8])
    case compareResponse(LDAPResult)
    case abandonRequest(id: Int)
    case extendedRequest(LDAPExtendedRequest)
    case extendedResponse(LDAPExtendedResponse)
    case intermediateResponse(name: String?, value: [UInt8]?)
}

/// RFC 4511 §4.2.
public struct LDAPBindRequest: Hashable, Sendable {
    public enum Authentication: Hashable, Sendable {
        case simple(LDAPPassword)
        case sasl(mechanism: String, credentials: LDAPPassword?)
    }

    public var version: Int
    public var name: String
    public var authentication: Authentication

    public init(version: Int = 3, name: String, authentication: Authentication) {
        self.version = version
        self.name = name
        self.authentication = authentication
    }
}

/// How an operation ended (RFC 4511 §4.1.9).
public struct LDAPResult: Hashable, Sendable {
    public var code: ResultCode
    /// The part of the name that exists, where the code is about a name.
    public var matchedName: String
    public var diagnosticMessage: String
    /// URLs to go on at, where the code is `referral`.
    public var referrals: [String]

    public init(
        _ code: ResultCode, matchedName: String = "", diagnosticMessage: String = "", referrals: [String] = []
    ) {
        self.code = code
        self.matchedName = matchedName
        self.diagnosticMessage = diagnosticMessage
        self.referrals = referrals
    }
}

/// RFC 4511 §4.12. The value is never printed: that of a password modification holds passwords.
public struct LDAPExtendedRequest: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    public var name: String
    public var value: [UInt8]?

    public init(name: String, value: [UInt8]? = nil) {
        self.name = name
        self.value = value
    }

    public var description: String { "extended request \(name)" }
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}

public struct LDAPExtendedResponse: Hashable, Sendable {
    public var result: LDAPResult
    public var name: String?
    public var value: [UInt8]?

    public init(_ result: LDAPResult, name: String? = nil, value: [UInt8]? = nil) {
        self.result = result
        self.name = name
        self.value = value
    }
}

/// Object identifiers of extended operations.
public enum LDAPExtension {
    /// RFC 4511 §4.14.1.
    public static let startTLS = "1.3.6.1.4.1.1466.20037"
    /// RFC 4511 §4.4.1: the server is about to close the connection.
    public static let noticeOfDisconnection = "1.3.6.1.4.1.1466.20036"
    /// RFC 4532.
    public static let whoAmI = "1.3.6.1.4.1.4203.1.11.3"
    /// RFC 3062.
    public static let modifyPassword = "1.3.6.1.4.1.4203.1.11.1"
}
