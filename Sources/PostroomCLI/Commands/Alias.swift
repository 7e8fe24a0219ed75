import ArgumentParser
import MailModel
import PostroomServer
import SiteConfiguration

struct Alias: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The site's aliases: addresses that lead to others.",
        discussion: """
            They are changed in the site's own file: the first texthash: file of aliases in postroom.yaml, docker-mailserver's \
            postfix-virtual.cf, or the file behind Postfix's virtual_alias_maps. A running server takes the change up by itself.
            """,
        subcommands: [Add.self, Remove.self, List.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an alias, or let it lead to further addresses.")

        @OptionGroup var site: SiteOptions
        @OptionGroup var directory: AliasDirectoryOptions

        @Flag(help: "Show what would be done, and do nothing.")
        var dryRun = false

        @Option(
            name: .customLong("dn"),
            help: ArgumentHelp("With --directory: the entry to make for an address that has none.", valueName: "name"))
        var entryName: String?

        @Option(help: ArgumentHelp("With --dn: its object class. May be given several times.", valueName: "class"))
        var objectClass: [String] = []

        @Option(
            help: ArgumentHelp(
                "With --dn: what its classes need besides. May be given several times.", valueName: "name=value"))
        var attribute: [String] = []

        @Argument(help: "The alias: local@domain, or @domain for all of a domain that nothing else takes.")
        var address: String

        @Argument(help: "Where it leads.")
        var targets: [String]

        func validate() throws {
            guard entryName == nil || (directory.directory && !objectClass.isEmpty) else {
                throw ValidationError("--dn needs --directory and --object-class")
            }
            guard attribute.allSatisfy({ $0.contains("=") }) else { throw ValidationError("--attribute NAME=VALUE") }
        }

        func run() async throws {
            let entry = entryName.map { name in
                DirectoryAliases.NewEntry(
                    name: name, objectClasses: objectClass,
                    attributes: attribute.map { text in
                        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                        return (String(parts[0]), parts.dropFirst().first.map(String.init) ?? "")
                    })
            }
            try await AliasChange(site: site, directory: directory, isTrial: dryRun).make(
                .add, address, targets, creating: entry)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let an alias lead no more to some addresses; remove it when none are named or left.")

        @OptionGroup var site: SiteOptions
        @OptionGroup var directory: AliasDirectoryOptions

        @Flag(help: "Show what would be done, and do nothing.")
        var dryRun = false

        @Argument(help: "The alias.")
        var address: String

        @Argument(help: "Where it shall lead no more.")
        var targets: [String] = []

        func run() async throws {
            try await AliasChange(site: site, directory: directory, isTrial: dryRun).make(.remove, address, targets)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the aliases of the site's file.",
            discussion: "Those of a directory are not listed: postroom explain ADDRESS shows them.")

        @OptionGroup var site: SiteOptions

        @Flag(help: "For programs.")
        var json = false

        @Argument(help: "An address, or @domain for all of a domain.")
        var address: String?

        func run() async throws {
            let aliases = try await site.aliases()
            do throws(AliasFailure) {
                let listing = try await aliases.list(address)
                print(json ? listing.json : listing.text, terminator: json ? "\n" : "")
            } catch {
                throw AliasChange.told(error)
            }
        }
    }
}

/// Where `postroom alias` writes when it isn't the site's file.
struct AliasDirectoryOptions: ParsableArguments {
    @Flag(help: "Change the directory's entry that the site's alias table finds, not the file.")
    var directory = false

    @Option(
        name: .customLong("bind-dn"),
        help: ArgumentHelp("With --directory: who may write there; the password is asked for.", valueName: "name"))
    var bindName: String?

    @Option(help: ArgumentHelp("With --directory: a file whose first line is the password.", valueName: "file"))
    var passwordFile: String?

    func validate() throws {
        guard directory == (bindName != nil) else {
            throw ValidationError("--directory and --bind-dn go together: the server's own account only reads")
        }
        guard passwordFile == nil || directory else { throw ValidationError("--password-file needs --directory") }
    }

    fileprivate func identity() throws -> DirectoryAliases.Identity? {
        guard let bindName else { return nil }
        let password: String?
        if let passwordFile {
            password = SitePath.firstLine(passwordFile)
            if password == nil { Terminal.error("\(passwordFile) can't be read") }
        } else {
            password = Terminal.readSecret(prompt: "Password of \(bindName): ")
        }
        guard let password, !password.isEmpty else {
            Terminal.error("an empty password is never sent")
            throw ExitStatus.dataError
        }
        return DirectoryAliases.Identity(name: bindName, password: Secret(password))
    }
}

/// What `add` and `remove` have in common.
struct AliasChange {
    var site: SiteOptions
    var directory: AliasDirectoryOptions
    var isTrial: Bool

    func make(
        _ action: AliasRequest.Action, _ address: String, _ targets: [String],
        creating entry: DirectoryAliases.NewEntry? = nil
    ) async throws {
        let aliases = try await site.aliases()
        let identity = try directory.identity()
        do throws(AliasFailure) {
            let request = try AliasRequest(action, address, targets: targets)
            let change: SiteAliases.Change
            if let identity {
                change = try await DirectoryAliases(aliases, as: identity).change(
                    request, creating: entry, isTrial: isTrial)
            } else {
                change = try await aliases.change(request, isTrial: isTrial)
            }
            print(change.done)
            if let effect = change.effect { print(effect) }
            for warning in change.warnings { Terminal.error("warning: \(warning)") }
        } catch {
            throw Self.told(error)
        }
    }

    /// Prints a failure; the exit code for it.
    static func told(_ failure: AliasFailure) -> ExitCode {
        Terminal.error(failure.description)
        return switch failure.reason {
        case .badRequest, .conflict: ExitStatus.dataError
        case .notThere: ExitStatus.noUser
        case .configuration: ExitStatus.configuration
        case .cannotWrite: ExitStatus.cannotCreate
        case .temporary: ExitStatus.temporaryFailure
        }
    }
}

extension SiteOptions {
    /// The site's aliases; its tables need not be there yet.
    fileprivate func aliases() async throws -> SiteAliases {
        let source = try source()
        SiteLogging.bootstrap(LogModel(level: .error, format: .text), quietly: true)
        do {
            return try await SiteAliases.open(source, environment: ProcessEnvironment.current)
        } catch {
            Terminal.error("\(error)")
            throw ExitStatus.configuration
        }
    }
}
