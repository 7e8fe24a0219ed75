package import LDAP

/// What a server says of itself in its rootDSE (RFC 4512 §5.1).
package struct DirectoryFacts: Hashable, Sendable {
    package enum Vendor: String, Hashable, Sendable {
        case openLDAP = "OpenLDAP"
        case directoryServer389 = "389 Directory Server"
        case activeDirectory = "Active Directory"
        case samba = "Samba"
        case freeIPA = "FreeIPA"
        case unknown
    }

    package var vendor: Vendor
    package var vendorName: String?
    package var vendorVersion: String?
    package var namingContexts: [String]
    package var supportedControls: Set<String>
    package var supportedExtensions: Set<String>
    package var saslMechanisms: [String]
    /// False when the server hides its rootDSE from this client: nothing above is known then.
    package var isReadable: Bool
    package var security: [ServerSecurity]
    package var duration: Duration

    /// Results in pages (RFC 2696).
    package var givesPages: Bool { supportedControls.contains("1.2.840.113556.1.4.319") }

    /// Operational ones must be named at some servers.
    static let attributes = [
        "vendorName", "vendorVersion", "namingContexts", "supportedControl", "supportedExtension",
        "supportedSASLMechanisms", "rootDomainNamingContext", "forestFunctionality", "ipaDomainLevel",
    ]

    init(_ entry: LDAPEntry?, security: [ServerSecurity], duration: Duration) {
        let entry = entry ?? LDAPEntry(name: "")
        func texts(_ attribute: AttributeDescription) -> [String] {
            entry[attribute].map { String(decoding: $0, as: UTF8.self) }
        }
        isReadable = !entry.attributes.isEmpty
        vendorName = texts("vendorName").first
        vendorVersion = texts("vendorVersion").first
        namingContexts = texts("namingContexts")
        supportedControls = Set(texts("supportedControl"))
        supportedExtensions = Set(texts("supportedExtension"))
        saslMechanisms = texts("supportedSASLMechanisms")
        vendor = Self.vendor(entry, name: vendorName?.lowercased() ?? "")
        self.security = security
        self.duration = duration
    }

    private static func vendor(_ entry: LDAPEntry, name: String) -> Vendor {
        if name.contains("samba") { return .samba }
        // MS-ADTS 3.1.1.3.2: both are attributes of Active Directory's rootDSE alone, and of Samba's, which names itself.
        if !entry["rootDomainNamingContext"].isEmpty || !entry["forestFunctionality"].isEmpty {
            return .activeDirectory
        }
        if name.contains("389") {
            // FreeIPA is a 389-ds with plugins that show themselves here.
            let isIPA = entry.attributes.contains { $0.description.folded.hasPrefix("ipa") }
            return isIPA ? .freeIPA : .directoryServer389
        }
        let classes = entry["objectClass"].map { String(decoding: $0, as: UTF8.self).lowercased() }
        if name.contains("openldap") || classes.contains("openldaprootdse") { return .openLDAP }
        return .unknown
    }
}

/// How a server is spoken to: what the configuration demands, and a connection that exists has.
package struct ServerSecurity: Hashable, Sendable {
    package enum Transport: Hashable, Sendable {
        case clear
        /// By StartTLS or from the first byte.
        case tls(verification: LDAPTLSOptions.Verification)
        case localSocket
    }

    package var server: String
    package var transport: Transport
}

/// Why a sample ended.
package enum SampleEnd: Hashable, Sendable {
    /// It is the whole.
    case complete
    /// At as many entries as were asked for.
    case limit
    /// The server gives no more than this at once.
    case serverSizeLimit
    case serverTimeLimit
    /// adminLimitExceeded: the server would have to look at more entries than it allows.
    case tooCostly

    init(_ code: ResultCode, count: Int, _ limit: Int) {
        self =
            switch code {
            case .sizeLimitExceeded: count >= limit ? .limit : .serverSizeLimit
            case .timeLimitExceeded: .serverTimeLimit
            case .adminLimitExceeded: .tooCostly
            default: .complete
            }
    }
}

/// How many entries a filter finds: exactly so many when `end` is complete, else at least.
package struct EntryCount: Hashable, Sendable {
    package var entries: Int
    package var end: SampleEnd
    /// Continuation references: parts of the tree at other servers, not counted.
    package var references: Int
    package var duration: Duration
}

/// Entries of a bounded search: all there are when `end` is complete.
package struct EntrySample: Sendable {
    package var entries: [LDAPEntry]
    package var end: SampleEnd

    package static let empty = EntrySample(entries: [], end: .complete)
}

package enum AttributeReadability: Hashable, Sendable {
    case readable(entry: String)
    /// The filter finds an entry by it, but its values are kept back.
    case hidden(entry: String)
    /// No entry has it, or access rules hide even that: a server does not tell which.
    case notSeen
}

/// What a search costs, as far as a client can see it.
package struct SearchCost: Hashable, Sendable {
    package var duration: Duration
    /// For reading the base alone, over the same connection.
    package var baseline: Duration
    package var end: SampleEnd

    package var isRefusedAsTooCostly: Bool { end == .tooCostly || end == .serverTimeLimit }
}

/// The values of an attribute in a bounded sample.
package struct ValueSample: Hashable, Sendable {
    package struct Duplicate: Hashable, Sendable {
        package var value: [UInt8]
        /// The first few entries that have it.
        package var entries: [String]
        package var count: Int
    }

    package var entries: Int
    package var values: Int
    package var distinct: Int
    /// Values of more than one entry, the most frequent first; no more than `maximumDuplicates`.
    package var duplicates: [Duplicate]
    package var end: SampleEnd

    package static let maximumDuplicates = 100
    private static let maximumNames = 5

    init(_ entries: [LDAPEntry], _ attribute: AttributeDescription, end: SampleEnd) {
        var owners: [[UInt8]: (names: [String], count: Int)] = [:]
        var values = 0
        for entry in entries {
            let found = entry.attributes.filter { $0.description.type == attribute.type }.flatMap(\.values)
            values += found.count
            // A value that one entry has twice in different case is no duplicate.
            for value in Set(found.map(Self.folded)) {
                var owner = owners[value] ?? ([], 0)
                if owner.names.count < Self.maximumNames { owner.names.append(entry.name) }
                owner.count += 1
                owners[value] = owner
            }
        }
        self.entries = entries.count
        self.values = values
        self.end = end
        distinct = owners.count
        let several = owners.filter { $0.value.count > 1 }
            .map { Duplicate(value: $0.key, entries: $0.value.names, count: $0.value.count) }
            .sorted { $0.count != $1.count ? $0.count > $1.count : $0.value.lexicographicallyPrecedes($1.value) }
        duplicates = Array(several.prefix(Self.maximumDuplicates))
    }

    private static func folded(_ value: [UInt8]) -> [UInt8] {
        value.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    }
}
