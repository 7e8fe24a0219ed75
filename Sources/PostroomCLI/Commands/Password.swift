import ArgumentParser
import PostroomServer

struct Password: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stored passwords.", subcommands: [Hash.self, Verify.self])

    struct Hash: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Hash a password for a directory or a file.")

        @Option(help: "\(StoredPasswords.hashableSchemes.joined(separator: ", ")).")
        var scheme = StoredPasswords.defaultScheme

        func run() throws {
            guard let password = Terminal.readSecret(prompt: "Password: "), !password.isEmpty else {
                Terminal.error("an empty password can't be used")
                throw ExitStatus.dataError
            }
            switch StoredPasswords.hash(password, scheme: scheme) {
            case .success(let text): print(text)
            case .failure(let failure):
                Terminal.error(failure.description)
                throw ExitStatus.dataError
            }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Check a password against a stored one.")

        @Argument(help: "As it stands in the directory, {SCHEME}data.")
        var stored: String

        func run() throws {
            guard let password = Terminal.readSecret(prompt: "Password: ") else { throw ExitStatus.dataError }
            switch StoredPasswords.verify(password, stored: stored) {
            case .success(true): print("The password matches.")
            case .success(false):
                Terminal.error("The password does not match.")
                throw ExitStatus.dataError
            case .failure(let failure):
                Terminal.error(failure.description)
                throw ExitStatus.software
            }
        }
    }
}
