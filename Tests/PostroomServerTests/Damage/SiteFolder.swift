import Dialects
import Directory
import Foundation
import SiteConfiguration

/// A folder of Tests/Sites, held in memory so that thousands of damaged copies can be read.
struct SiteFolder: Sendable, CustomStringConvertible {
    let name: String
    /// In the sources.
    let path: String
    let origins: [ConfigurationOrigin]
    /// By the paths under which the programs know them; docker-mailserver's by their own.
    let files: [String: [UInt8]]

    var description: String { name }

    static let all: [SiteFolder] = [
        SiteFolder("vennedey", [.postfix: "/etc/postfix", .dovecot: "/etc/dovecot"]),
        SiteFolder("pragyan", [.postfix: "/etc/postfix", .dovecot: "/etc/dovecot"]),
        SiteFolder("vriesman", [.postfix: "/etc/postfix", .courier: "/etc/courier"]),
        SiteFolder("dms-ldap", [.dockerMailserver: "/site"], root: "/site"),
        SiteFolder("dms-forward-only", [.dockerMailserver: "/site"], root: "/site"),
        SiteFolder("dms-active-directory", [.dockerMailserver: "/site"], root: "/site"),
    ]

    /// Files that the sites name and that are not theirs to damage here.
    private static let beside = Dictionary(
        uniqueKeysWithValues: [
            "/etc/dovecot/tls/server.crt", "/etc/dovecot/tls/server.key", "/etc/postfix/tls/server.crt",
            "/etc/postfix/tls/server.key", "/etc/ldap/tls/CA.pem",
        ].map { ($0, Array("-----BEGIN CERTIFICATE-----\n".utf8)) })

    var isContainer: Bool { origins.contains { $0.dialect == .dockerMailserver } }

    private var rootsAreGiven: Bool { ["vennedey", "vriesman", "dms-forward-only"].contains(name) }

    private init(_ name: String, _ origins: [ConfigurationOrigin.Dialect: String], root: String = "") {
        self.name = name
        self.origins = origins.map { ConfigurationOrigin($0.key, path: $0.value) }.sorted { $0.path < $1.path }
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sites/\(name)").path
        path = folder
        var files: [String: [UInt8]] = [:]
        let found = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        for path in found where path != "PENDING" && !path.hasSuffix(".ldif") && !path.hasSuffix(".gitkeep") {
            guard let text = FileManager.default.contents(atPath: "\(folder)/\(path)"),
                !((try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)"))?[.type] as? FileAttributeType
                    == .typeDirectory)
            else { continue }
            files["\(root)/\(path)"] = Array(text)
        }
        self.files = files
    }

    /// What is not supported in the whole site: it starts with these accepted, and the damaged one must not need more.
    var accepted: [String] { read(files, accepting: []).report.entries.filter(\.isUnsupported).map(\.setting) }

    /// - Parameter place: a folder of this machine that has the same files, which a site that is opened reads tables from.
    func read(_ files: [String: [UInt8]], accepting accepted: [String], at place: String? = nil) -> ImportedSite {
        @Sendable func path(_ path: String) -> String {
            guard let place, path.hasPrefix(place + "/") else { return path }
            return String(path.dropFirst(place.count))
        }
        let host = ConfigurationFiles.Host(
            read: { files[path($0)] ?? Self.beside[path($0)] },
            list: { folder in
                let folder = path(folder)
                let names = files.keys.filter { $0.hasPrefix(folder + "/") }.map { $0.dropFirst(folder.count + 1) }
                return names.isEmpty ? nil : Set(names.map { String($0.prefix { $0 != "/" }) }).sorted()
            })
        var request = ImportRequest(origins: origins)
        if let place, !isContainer { request.places = [("/etc", place + "/etc")] }
        request.accepted = accepted
        // Where the configuration does not say below which folders mail lies, whoever starts it does.
        if rootsAreGiven { request.roots = [Located("/home", at: SourceLocation(file: "--root"))] }
        return SiteImport.read(request, host: host, environment: [:], machineName: "mail.example.net")
    }

    static func lines(_ contents: [UInt8]) -> [[UInt8]] {
        var lines = contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}

extension ImportReport.Entry {
    var isUnsupported: Bool {
        if case .unsupported = fate { true } else { false }
    }
}

/// Ways in which one line of a file may be spoiled by hand, by an editor or by a failing disk.
enum LineDamage: String, CaseIterable {
    case deleted, doubled, cut, withoutSeparators, junk, quoted, braced, includingItself, indented, dollar, unprintable

    /// What hands and editors do most.
    var isFrequent: Bool { [.deleted, .cut, .quoted, .junk].contains(self) }

    /// The lines that take the line's place.
    func applied(to line: [UInt8], of path: String, seed: Int) -> [[UInt8]] {
        let middle = line.count / 2
        switch self {
        case .deleted: return []
        case .doubled: return [line, line]
        case .cut: return [Array(line.prefix(middle))]
        case .withoutSeparators: return [line.filter { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ":") }]
        case .junk:
            var changed = line
            let octets: [UInt8] = [0xFF, 0x00, 0x21, 0x30, 0x2F, 0x5C, 0x7B, 0xC3, 0x25]
            if !changed.isEmpty { changed[seed % changed.count] = octets[seed % octets.count] }
            return [changed]
        case .quoted: return [Array(line.prefix(middle)) + [UInt8(ascii: "\"")] + Array(line.dropFirst(middle))]
        case .braced: return [Array(line.prefix(middle)) + [UInt8(ascii: "{")] + Array(line.dropFirst(middle))]
        case .includingItself:
            let name = line.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
            return [
                line, Array("!include \(path)".utf8), Array("#include".utf8),
                Array(name) + Array(" = $".utf8) + Array(name) + Array(" \(path)".utf8),
            ]
        case .indented: return [Array("  ".utf8) + line]
        case .dollar: return [line + Array("${".utf8)]
        case .unprintable: return [line + [0x80, 0x1B, 0x00, 0xF0, 0x9F]]
        }
    }
}
