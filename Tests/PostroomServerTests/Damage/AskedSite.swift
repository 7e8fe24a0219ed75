import Accounts
import Dialects
import Directory
import Foundation
import MailModel
import Policy
import PostroomServer
import PostroomTesting
import Routing
import SiteConfiguration

/// A document's site beside its sample directory, held in memory: its router and policies can be asked for thousands of
/// damaged copies, each built as the server builds it. Nothing is served and no mail is written.
final class AskedSite: Sendable {
    let folder: SiteFolder
    let accepted: [String]
    let addresses: [EmailAddress]
    let logins: [String]
    private let machine: TemporaryFolder
    private let directory: String
    /// Undamaged; its storage goes on in the others.
    let whole: Site
    let imported: ImportedSite

    private init(
        _ folder: SiteFolder, _ addresses: [EmailAddress], _ logins: [String], _ machine: TemporaryFolder,
        _ directory: String,
        _ whole: Site, _ imported: ImportedSite
    ) {
        self.folder = folder
        accepted = folder.accepted
        self.addresses = addresses
        self.logins = logins
        self.machine = machine
        self.directory = directory
        self.whole = whole
        self.imported = imported
    }

    /// - Parameter addresses: how many of the directory's addresses are asked for.
    static func opened(_ folder: SiteFolder, addresses count: Int = 8) async throws -> AskedSite {
        let machine = try TemporaryFolder("asked")
        try machine.makeFolder("mail")
        let text = try folder.directoryText()
        let directory = try machine.write(text, to: "directory.ldif")
        for (path, bytes) in folder.files { try write(bytes, at: machine.path + path) }
        let imported = folder.read(folder.files, accepting: folder.accepted, at: machine.path)
        let judged = await Site.judged(model(imported, machine, directory))
        guard let whole = judged.site, judged.faults.allSatisfy({ $0.severity == .warning }) else {
            throw ConfigurationFaults(judged.faults)
        }
        // Those that lead to a mailbox first, then the others; spread over the whole directory.
        var known: [EmailAddress] = []
        var others: [EmailAddress] = []
        for address in AddressesInText.all(text) {
            if case .deliver(let found) = await whole.router.resolve(address).verdict,
                found.contains(where: { if case .mailbox = $0 { true } else { false } })
            {
                known.append(address)
            } else {
                others.append(address)
            }
        }
        let chosen = Array(known.prefix(count)) + Array(others.prefix(max(2, count - known.count)))
        return AskedSite(
            folder, chosen, AddressesInText.logins(text, count), machine, directory, whole, imported)
    }

    /// The copy with damaged files; nil where it does not open.
    func open(_ files: [String: [UInt8]], changed path: String) async throws -> Site? {
        try Self.write(files[path] ?? [], at: machine.path + path)
        let imported = folder.read(files, accepting: accepted, at: machine.path)
        guard imported.starts else { return nil }
        let (site, faults) = await Site.judged(Self.model(imported, machine, directory), succeeding: whole)
        guard let site, faults.allSatisfy({ $0.severity == .warning }) else {
            await site?.close()
            return nil
        }
        return site
    }

    /// Puts the undamaged file back.
    func restore(_ path: String) throws {
        try Self.write(folder.files[path] ?? [], at: machine.path + path)
    }

    private static func model(
        _ imported: ImportedSite, _ machine: TemporaryFolder, _ directory: String
    ) -> SiteModel {
        var model = imported.model
        for index in model.directories.indices {
            model.directories[index].kind = .ldif(Located(directory, at: .builtIn))
        }
        // Where a mailbox lies is what is asked, not whether this machine has the folder.
        model.store.roots = [Located(machine.path("mail"), at: .builtIn)]
        model.store.places = []
        // The system's certificates are not the site's.
        model.outgoing.client.caDirectory = nil
        return model
    }

    private static func write(_ bytes: [UInt8], at path: String) throws {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}

extension SiteFolder {
    /// The sample directory, as LDIF.
    func directoryText() throws -> String {
        // The page's own users.ldif changes what a Samba made.
        if name == "dms-active-directory" { return Fixture.text("directories/ad-openldap.ldif") }
        return Fixture.text("directories/\(name).ldif")
    }
}

extension AskedSite {
    /// Where mail for each address is written and whose it is, and where each login's mail lies; "-" for what is refused,
    /// deferred, unknown or sent on.
    func answers(_ site: Site) async -> [String: String] {
        var answers: [String: String] = [:]
        for address in addresses {
            var written: [String] = []
            if case .deliver(let destinations) = await site.router.resolve(address).verdict {
                written = destinations.compactMap { destination in
                    guard case .mailbox(let mailbox) = destination else { return nil }
                    return "\(Self.text(mailbox.location)) of \(mailbox.owner)"
                }
            }
            answers["\(address)"] = written.isEmpty ? "-" : written.sorted().joined(separator: ", ")
        }
        for login in logins {
            answers["login \(login)"] = "-"
            guard
                case .found(let account) = await site.accounts.account(for: Array(login.utf8), service: "imap").outcome
            else { continue }
            if case .here(let location) = account.location {
                answers["login \(login)"] = "\(Self.text(location)) of \(account.owner)"
            }
        }
        return answers
    }

    private static func text(_ location: MailboxLocation) -> String {
        "\(location.format) \(String(decoding: location.path, as: UTF8.self))"
    }
}

/// What might be an address among the values of an LDIF text.
enum AddressesInText {
    static func all(_ text: String) -> [EmailAddress] {
        var found: [EmailAddress] = []
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":"), line.contains("@") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            guard let address = EmailAddress(value), !found.contains(address) else { continue }
            found.append(address)
        }
        return found
    }

    static func logins(_ text: String, _ count: Int) -> [String] {
        let names = text.split(separator: "\n").filter { $0.hasPrefix("uid: ") }.map { String($0.dropFirst(5)) }
        return Array(names.prefix(count / 2))
    }
}
