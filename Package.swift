// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

// What any room may import.
let everyRoom: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "Logging", package: "swift-log"),
    .product(name: "Metrics", package: "swift-metrics"),
    .product(name: "DequeModule", package: "swift-collections"),
    .product(name: "OrderedCollections", package: "swift-collections"),
]
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioConcurrency: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let swiftASN1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let metricsTestKit: Target.Dependency = .product(name: "MetricsTestKit", package: "swift-metrics")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")

/// A room of the house: see docs/architecture.md for who may look into whom.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: everyRoom + dependencies, exclude: ["README.md"], swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: everyRoom + [.target(name: name), .target(name: "PostroomTesting")] + dependencies,
        resources: resources, swiftSettings: settings)
}

let rooms: [Target] = [
    .target(name: "CBlockingShim"),
    .systemLibrary(name: "CCrypt", providers: [.apt(["libcrypt-dev"])]),
    .systemLibrary(name: "CPCRE2", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "CArgon2", providers: [.apt(["libargon2-dev"])]),
    .systemLibrary(name: "CUnbound", providers: [.apt(["libunbound-dev"])]),
    .systemLibrary(name: "CIDN2", providers: [.apt(["libidn2-dev"])]),
    .systemLibrary(name: "CZLIB", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    room("MailModel"),
    room("Blocking", ["MailModel", "CBlockingShim"]),
    room("LDAP", [nioPosix, nioConcurrency, nioTLS, nioSSL]),
    room("Passwords", ["Blocking", "CCrypt", "CArgon2", crypto]),
    room("SASL", [crypto]),
    room("Directory", ["LDAP", "Passwords", "Blocking", nioPosix]),
    room("LookupTables", ["Directory", "LDAP", "Blocking", "CPCRE2", nioPosix]),
    room(
        "Accounts",
        ["Directory", "LDAP", "LookupTables", "Passwords", "SASL", "MailModel", "Blocking", nioPosix, crypto]),
    room("DNS", ["CUnbound", "CIDN2"]),
    room("Routing", ["LookupTables", "Directory", "MailModel", crypto]),
    room("Policy", ["Routing", "LookupTables", "Directory", "DNS", "MailModel"]),
    room("Net", ["CZLIB", nioPosix, nioConcurrency, nioSSL, nioTLS, x509, crypto, swiftASN1]),
    room("SMTP", ["MailModel", "SASL", "Net", nioPosix]),
    room("IMAP", ["MailModel", "SASL", "Net"]),
    room("POP3", ["MailModel", "SASL", "Net", crypto]),
    room("MailStore", ["MailModel", "Blocking", "CSQLite", crypto]),
    room("Spool", ["MailModel", "Blocking"]),
    room(
        "Delivery",
        [
            "MailStore", "Spool", "SMTP", "SASL", "DNS", "Routing", "LookupTables", "Directory", "Net", "MailModel",
            "Blocking", nioPosix, nioHTTP1, nioSSL, nioConcurrency, crypto,
        ]),
    room(
        "SiteConfiguration",
        [
            "MailModel", "Blocking", "LDAP", "Passwords", "Directory", "LookupTables", "Accounts", "Routing", "Policy",
            "DNS", "Net", "SASL", "SMTP", "IMAP", "POP3", "MailStore", "Delivery",
            .product(name: "Yams", package: "Yams"),
        ]),
    room(
        "Dialects",
        [
            "SiteConfiguration", "MailModel", "LDAP", "Directory", "LookupTables", "Accounts", "Passwords", "POP3",
            "MailStore", .product(name: "Yams", package: "Yams"),
        ]),
    room(
        "PostroomServer",
        [
            "SiteConfiguration", "Dialects", "MailModel", "Blocking", "CBlockingShim", "LDAP", "Passwords", "SASL",
            "Directory",
            "LookupTables", "Accounts", "Routing", "Policy", "Net", "SMTP", "IMAP", "POP3", "MailStore", "Spool", "DNS",
            "Delivery", nioPosix,
            nioSSL,
            lifecycle, unixSignals,
        ]),
    room(
        "PostroomCLI",
        [
            "PostroomServer", "SiteConfiguration", "Dialects", "Directory", "Routing", "Delivery", "MailModel",
            "Blocking",
            argumentParser,
        ]),
    .executableTarget(name: "postroom", dependencies: ["PostroomCLI", argumentParser], swiftSettings: settings),
]

let testing: [Target] = [
    .target(
        name: "PostroomTesting",
        dependencies: everyRoom + [
            "MailModel", "LDAP", "Blocking", nioPosix, nioEmbedded, nioSSL, x509, crypto, swiftASN1, metricsTestKit,
        ],
        path: "Tests/PostroomTesting", exclude: ["README.md"],
        resources: [.copy("Fixtures")], swiftSettings: settings),
    tests("MailModel", []),
    tests("Blocking", ["MailModel"]),
    tests("LDAP", [nioPosix, nioEmbedded, nioSSL, swiftASN1]),
    tests("Passwords", ["Blocking"]),
    tests("SASL", []),
    tests("Directory", ["LDAP", "Passwords", "Blocking", nioPosix, metricsTestKit]),
    tests("LookupTables", ["Directory", "LDAP", "Passwords", "Blocking", nioPosix]),
    tests("Accounts", ["Directory", "LDAP", "LookupTables", "Passwords", "SASL", "MailModel", "Blocking", nioPosix]),
    tests("DNS", []),
    tests("Routing", ["LookupTables", "Directory", "MailModel"]),
    tests("Policy", ["Routing", "LookupTables", "Directory", "DNS", "LDAP", "MailModel"]),
    tests("Net", [nioPosix, nioEmbedded, nioSSL, crypto]),
    tests(
        "SMTP", ["MailModel", "SASL", "Net", nioEmbedded, nioPosix, nioSSL], resources: [.copy("Scripts")]),
    tests(
        "IMAP", ["MailModel", "SASL", "Net", nioEmbedded, nioPosix, nioSSL], resources: [.copy("Scripts")]),
    tests(
        "POP3", ["MailModel", "SASL", "Net", nioEmbedded, nioPosix, nioSSL], resources: [.copy("Scripts")]),
    tests("MailStore", ["MailModel", "Blocking", "CSQLite"]),
    tests("Spool", ["MailModel", "Blocking", "SpoolWriter"]),
    // The process that the tests of the spool kill, and that measures it.
    .executableTarget(
        name: "SpoolWriter", dependencies: everyRoom + ["Spool", "MailModel", "Blocking"], path: "Tests/SpoolWriter",
        swiftSettings: settings),
    tests(
        "Delivery",
        [
            "MailStore", "Spool", "SMTP", "SASL", "DNS", "Routing", "LookupTables", "Directory", "Net", "MailModel",
            "Blocking", nioPosix, nioHTTP1, nioSSL,
        ]),
    tests("SiteConfiguration", ["MailModel", "LDAP", "Directory", "LookupTables", "Routing", "Net"]),
    tests(
        "Dialects",
        ["SiteConfiguration", "MailModel", "LDAP", "Directory", "LookupTables", "Accounts", "POP3", "MailStore"]),
    tests(
        "PostroomServer",
        [
            "Dialects", "SiteConfiguration", "MailModel", "Directory", "LDAP", "Accounts", "Routing", "Policy", "DNS",
            "Delivery", "Spool", "Blocking", nioPosix, nioSSL,
        ]),
]

/// One program for each parser that reads from outside, for libFuzzer: `make fuzz`. libFuzzer brings `main` with it.
func fuzzTarget(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: "Fuzz" + name, dependencies: everyRoom + ["FuzzSupport"] + dependencies, path: "Fuzz/Targets/Fuzz" + name,
        swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])])
}

let fuzzTargets: [Target] = [
    .target(name: "FuzzSupport", path: "Fuzz/Support", swiftSettings: settings),
    fuzzTarget("Address", ["MailModel", "Routing", "SMTP"]),
    .target(
        name: "FuzzSites", dependencies: ["FuzzSupport", "Dialects", "SiteConfiguration", "Directory"],
        path: "Fuzz/Sites",
        swiftSettings: settings),
    fuzzTarget("Aliases", ["LookupTables"]),
    fuzzTarget("BER", ["LDAP"]),
    fuzzTarget("DN", ["LDAP"]),
    fuzzTarget("DNS", ["DNS"]),
    fuzzTarget("Dovecot", ["FuzzSites", "Dialects"]),
    fuzzTarget("DovecotLDAP", ["FuzzSites", "Dialects"]),
    fuzzTarget("Filter", ["LDAP"]),
    fuzzTarget("IMAP", ["IMAP"]),
    fuzzTarget("LDIF", ["LDAP"]),
    fuzzTarget("MIME", ["MailModel"]),
    fuzzTarget("Mailserver", ["FuzzSites", "Dialects"]),
    fuzzTarget("POP3", ["POP3", "MailModel", "Net"]),
    fuzzTarget("Patterns", ["LookupTables"]),
    fuzzTarget("Postfix", ["FuzzSites", "Dialects", "SiteConfiguration"]),
    fuzzTarget("SMTP", ["SMTP", "MailModel", "Net"]),
    fuzzTarget("SpoolFile", ["Spool"]),
    fuzzTarget("SMTPClient", ["SMTP", "MailModel", "Net"]),
    fuzzTarget("Tables", ["FuzzSites", "Dialects", "LookupTables"]),
]

let package = Package(
    name: "postroom",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "LDAP", targets: ["LDAP"]),
        .executable(name: "postroom", targets: ["postroom"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: rooms + testing + (Context.environment["FUZZ"] == nil ? [] : fuzzTargets)
)
