package import MailModel
import Routing

/// The command line of sendmail(1), with the options of Postfix's and the meaning they have there.
package struct SendmailArguments: Hashable, Sendable {
    package enum Mode: Hashable, Sendable {
        /// `-bm`: a message from standard input.
        case deliver
        /// `-bs`: SMTP on standard input and output.
        case smtp
        /// `-bp`, mailq(1).
        case list
        /// `-bi`, newaliases(1).
        case rebuildAliases
        /// `-q`.
        case flush
        /// `-qIID`.
        case flushMessage(String)
        /// `-qRSITE`, `-qSSITE`.
        case flushDomain(String)
    }

    package struct Fault: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    package var mode = Mode.deliver
    /// `-t`.
    package var takesRecipientsFromHeader = false
    /// `-i`: a line of a dot alone is part of the message.
    package var ignoresDots = false
    /// `-f`, `-r`; nil where none was given.
    package var sender: Sender?
    /// `-F`.
    package var fullName: String?
    /// `-N`; nil says nothing about it.
    package var notify: EnvelopeRecipient.Notify?
    /// `-R`.
    package var ret: EnvelopeSender.Return?
    /// `-V`.
    package var envelopeID: [UInt8]?
    /// `-B`.
    package var isEightBit = false
    package var recipients: [LocalAddress] = []

    package enum Sender: Hashable, Sendable {
        case null
        case address(LocalAddress)
    }

    private static let withValue = Set("ABCFLNORVXbefhopqr")
    private static let withoutValue = Set("GIUcimnstvx")

    /// - Parameter name: by which the program was called: `mailq` and `newaliases` are modes of their own.
    package init(_ arguments: [String], calledAs name: String = "sendmail") throws(Fault) {
        if name == "mailq" { mode = .list }
        if name == "newaliases" { mode = .rebuildAliases }
        var rest = arguments[...]
        var operands: [String] = []
        while let argument = rest.popFirst() {
            if argument == "--" {
                operands += rest
                break
            }
            guard argument.hasPrefix("-"), argument.count > 1 else {
                operands.append(argument)
                continue
            }
            if argument == "-q" {
                mode = .flush
                continue
            }
            var letters = argument.dropFirst()
            while let letter = letters.popFirst() {
                if Self.withValue.contains(letter) {
                    guard let value = letters.isEmpty ? rest.popFirst() : String(letters) else {
                        throw Fault(description: "-\(letter) needs a value")
                    }
                    try take(letter, value)
                    break
                }
                guard Self.withoutValue.contains(letter) else {
                    throw Fault(description: "there is no option -\(letter); see postroom send --help")
                }
                take(letter)
            }
        }
        for operand in operands {
            guard let addresses = Self.addresses(operand) else {
                throw Fault(description: "\(VisibleText.escaped(operand)) is no mail address")
            }
            recipients += addresses
        }
    }

    private mutating func take(_ letter: Character) {
        switch letter {
        case "i": ignoresDots = true
        case "t": takesRecipientsFromHeader = true
        case "I": mode = .rebuildAliases
        // As Postfix's: of Sendmail's own, without a meaning here.
        default: break
        }
    }

    private mutating func take(_ letter: Character, _ value: String) throws(Fault) {
        switch letter {
        case "f", "r": sender = try Self.sender(value)
        case "F": fullName = value
        case "o":
            // -oi; all others are for Sendmail's configuration.
            if value == "i" { ignoresDots = true }
        case "b": try takeMode(value)
        case "B":
            switch value.uppercased() {
            case "8BITMIME": isEightBit = true
            case "7BIT": isEightBit = false
            default: throw Fault(description: "-B \(VisibleText.escaped(value)): 7BIT or 8BITMIME")
            }
        case "N": notify = try Self.notify(value)
        case "R":
            switch value.lowercased() {
            case "full": ret = .full
            case "hdrs": ret = .headers
            default: throw Fault(description: "-R \(VisibleText.escaped(value)): full or hdrs")
            }
        case "V":
            // RFC 3461 §4.4.
            guard (1...100).contains(value.utf8.count), value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw Fault(description: "-V: 1 to 100 printable characters without blanks")
            }
            envelopeID = Array(value.utf8)
        case "q":
            switch value.first {
            case "I": mode = .flushMessage(String(value.dropFirst()))
            case "R", "S": mode = .flushDomain(String(value.dropFirst()))
            // -q30m: how often a daemon would look.
            default: mode = .flush
            }
        default: break
        }
    }

    private mutating func takeMode(_ value: String) throws(Fault) {
        switch value {
        case "m": mode = .deliver
        case "s": mode = .smtp
        case "p": mode = .list
        case "i": mode = .rebuildAliases
        case "d", "l":
            throw Fault(description: "-b\(value): the server is started by postroom serve, or by the service manager")
        case "v":
            throw Fault(description: "-bv: postroom explain ADDRESS shows where mail for an address goes")
        default: throw Fault(description: "-b\(VisibleText.escaped(value)) is not known: -bm, -bs, -bp and -bi are")
        }
    }

    /// A line end is part of no address here; only a header may be folded.
    private static func addresses(_ text: String) -> [LocalAddress]? {
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        return LocalAddress.list(Array(text.utf8))
    }

    private static func sender(_ value: String) throws(Fault) -> Sender {
        guard !value.isEmpty, value != "<>" else { return .null }
        guard let addresses = addresses(value), let address = addresses.first,
            addresses.count == 1
        else { throw Fault(description: "-f \(VisibleText.escaped(value)): no mail address") }
        return .address(address)
    }

    /// RFC 3461 §4.1.
    private static func notify(_ value: String) throws(Fault) -> EnvelopeRecipient.Notify {
        if value.lowercased() == "never" { return [] }
        var result: EnvelopeRecipient.Notify = []
        for word in value.lowercased().split(separator: ",") {
            switch word {
            case "success": result.insert(.success)
            case "failure": result.insert(.failure)
            case "delay": result.insert(.delay)
            default: result = []
            }
            guard !result.isEmpty else { break }
        }
        guard !result.isEmpty else {
            throw Fault(description: "-N \(VisibleText.escaped(value)): never, or of success, failure, delay")
        }
        return result
    }
}
