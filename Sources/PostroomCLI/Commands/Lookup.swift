import ArgumentParser
import Directory
import PostroomServer

struct Lookup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a lookup table, as postmap -q does.",
        discussion: "With several keys, or - to read them from standard input, each hit is printed as key<TAB>value.")

    @OptionGroup var site: SiteOptions

    @Flag(name: .short, help: "Do not fold the keys to lower case.")
    var f = false

    @Flag(help: "Show the steps.")
    var explain = false

    @Argument(help: "The table as postmap takes it: ldap:/etc/postfix/users.cf, hash:/etc/aliases, static:VALUE.")
    var table: String

    @Argument(help: "Keys.")
    var keys: [String]

    func run() async throws {
        let opened = try await site.open()
        do {
            try await lookUp(opened)
        } catch {
            await opened.close()
            throw error
        }
        await opened.close()
    }

    private func lookUp(_ opened: Site) async throws {
        guard let table = await opened.table(named: table) else {
            Terminal.error("there is no table called \(table); there are: \(opened.tableNames.joined(separator: ", "))")
            throw ExitStatus.configuration
        }
        var keys = keys
        if keys == ["-"] {
            keys = []
            while let line = readLine(strippingNewline: true) { keys.append(line) }
        }
        var found = false
        for key in keys {
            let result = await opened.lookUp(key, in: table, folding: !f)
            if explain { print(result.steps(), terminator: "") }
            switch result.outcome {
            case .found(let value):
                found = true
                print(keys.count == 1 ? value : "\(key)\t\(value)")
            case .absent: break
            case .unavailable(let reason):
                Terminal.error("\(key): \(reason)")
                throw ExitStatus.temporaryFailure
            }
        }
        if !found { throw ExitStatus.notFound }
    }
}
