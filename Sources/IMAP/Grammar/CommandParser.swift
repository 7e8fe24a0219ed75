import MailModel

/// A command line's tag and what follows it. Parses whole commands as `CommandFramer` gives them; the entry point for
/// a fuzzer.
package struct CommandParser: Sendable {
    package enum Outcome: Sendable {
        case command(IMAPCommand)
        case failure(IMAPSyntaxError)
    }

    package struct Result: Sendable {
        /// Nil when the line has none that could be repeated in a reply.
        package var tag: [UInt8]?
        package var outcome: Outcome
    }

    package let limits: IMAPLimits

    package init(limits: IMAPLimits) {
        self.limits = limits
    }

    /// command = tag SP (command-any / command-auth / command-nonauth / command-select) CRLF
    package func parse(_ bytes: [UInt8]) -> Result {
        var reader = GrammarReader(bytes, limits: limits)
        guard let tag = reader.tag() else {
            return Result(tag: nil, outcome: .failure(IMAPSyntaxError("Invalid tag")))
        }
        do {
            try reader.space()
            let command = try reader.command()
            try reader.end()
            return Result(tag: tag, outcome: .command(command))
        } catch {
            // What stumbles over a NUL can't say so: no element but a literal8 has one (RFC 3501 §9).
            let failure = bytes.contains(0) ? IMAPSyntaxError("NUL in command") : error
            return Result(tag: tag, outcome: .failure(failure))
        }
    }

    package func tag(of bytes: [UInt8]) -> [UInt8]? {
        var reader = GrammarReader(bytes, limits: limits)
        guard let tag = reader.tag(), reader.current == 0x20 || reader.isAtEnd else { return nil }
        return tag
    }
}

extension GrammarReader {
    fileprivate mutating func command() throws(IMAPSyntaxError) -> IMAPCommand {
        let name = try word()
        switch name {
        case "CAPABILITY": return .capability
        case "NOOP": return .noop
        case "LOGOUT": return .logout
        case "STARTTLS": return .startTLS
        case "NAMESPACE": return .namespace
        case "IDLE": return .idle
        case "CHECK": return .check
        case "CLOSE": return .close
        case "UNSELECT": return .unselect
        case "UNAUTHENTICATE": return .unauthenticate
        case "EXPUNGE": return .expunge(nil)
        case "ID", "AUTHENTICATE", "LOGIN", "ENABLE", "SELECT", "EXAMINE", "CREATE", "DELETE", "RENAME", "SUBSCRIBE",
            "UNSUBSCRIBE", "LIST", "LSUB", "STATUS", "GETQUOTA", "GETQUOTAROOT", "SETQUOTA", "UID", "COMPRESS",
            "GETACL", "SETACL", "DELETEACL", "LISTRIGHTS", "MYRIGHTS", "GETMETADATA", "SETMETADATA", "NOTIFY",
            "SEARCH", "SORT", "THREAD", "ESEARCH", "CANCELUPDATE", "FETCH", "STORE", "COPY", "MOVE":
            try space()
        default: throw IMAPSyntaxError("Unknown command", kind: .unknownCommand)
        }
        switch name {
        case "ID": return .id(try idParameters())
        case "AUTHENTICATE": return try authenticate()
        case "LOGIN": return try logIn()
        case "ENABLE": return try enable()
        case "COMPRESS": return .compress(try word())
        case "SELECT": return .select(try mailbox(), readOnly: false, try selectParameters())
        case "EXAMINE": return .select(try mailbox(), readOnly: true, try selectParameters())
        case "CREATE": return try create()
        case "DELETE": return .delete(try mailbox())
        case "RENAME": return .rename(try mailbox(), to: try spaceAndMailbox())
        case "SUBSCRIBE": return .subscribe(try mailbox())
        case "UNSUBSCRIBE": return .unsubscribe(try mailbox())
        case "LIST": return .list(try listRequest())
        case "LSUB": return .lsub(reference: try mailbox(), pattern: try spaceAndListMailbox())
        case "STATUS": return try status()
        case "GETQUOTA", "GETQUOTAROOT", "SETQUOTA": return try quotaCommand(name)
        case "GETACL", "SETACL", "DELETEACL", "LISTRIGHTS", "MYRIGHTS": return .accessControl(try accessControl(name))
        case "GETMETADATA": return .getMetadata(try metadataRequest())
        case "SETMETADATA": return try metadataChanges()
        case "NOTIFY": return .notify(try notifyRequest())
        case "UID": return try uidCommand()
        case "ESEARCH": return .multisearch(try multisearchRequest())
        case "CANCELUPDATE": return .cancelUpdate(try cancelledTags())
        default: return try messageCommand(name, byUID: false)
        }
    }

    /// uid = "UID" SP (copy / fetch / search / store / "EXPUNGE" SP sequence-set / "MOVE" …)
    private mutating func uidCommand() throws(IMAPSyntaxError) -> IMAPCommand {
        let name = try word()
        try space()
        return name == "EXPUNGE" ? .expunge(try sequenceSet()) : try messageCommand(name, byUID: true)
    }

    private mutating func messageCommand(_ name: String, byUID: Bool) throws(IMAPSyntaxError) -> IMAPCommand {
        switch name {
        case "SEARCH": return .search(try searchRequest(byUID: byUID))
        case "SORT": return .search(try sortRequest(byUID: byUID))
        case "THREAD": return .search(try threadRequest(byUID: byUID))
        default: break
        }
        guard ["FETCH", "STORE", "COPY", "MOVE"].contains(name) else {
            throw IMAPSyntaxError("Unknown command", kind: .unknownCommand)
        }
        var set = try sequenceSet()
        try space()
        switch name {
        case "FETCH":
            let items = try fetchItems()
            let modifiers = try fetchModifiers(byUID: byUID)
            set.partial = modifiers.partial
            return .fetch(set, items, byUID: byUID, modifiers)
        case "STORE": return try store(set, byUID: byUID)
        case "COPY": return .copy(set, to: try mailbox(), byUID: byUID)
        default: return .move(set, to: try mailbox(), byUID: byUID)
        }
    }

    /// store = "STORE" SP sequence-set [SP store-modifiers] SP store-att-flags
    /// store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
    private mutating func store(_ set: SequenceSet, byUID: Bool) throws(IMAPSyntaxError) -> IMAPCommand {
        let unchangedSince = try storeModifiers()
        let operation: FlagChange.Operation = skip("+") ? .add : skip("-") ? .remove : .replace
        let name = try word()
        guard name == "FLAGS" || name == "FLAGS.SILENT" else { throw IMAPSyntaxError("Unknown data item") }
        try space()
        let list = current == UInt8(ascii: "(") ? try flagList() : try bareFlags()
        let change = FlagChange(operation, flags: list.flags, keywords: list.keywords)
        return .store(set, change, isSilent: name != "FLAGS", byUID: byUID, unchangedSince: unchangedSince)
    }

    /// mailbox = "INBOX" / astring
    private mutating func mailbox() throws(IMAPSyntaxError) -> [UInt8] {
        try astring()
    }

    private mutating func spaceAndMailbox() throws(IMAPSyntaxError) -> [UInt8] {
        try space()
        return try astring()
    }

    private mutating func spaceAndListMailbox() throws(IMAPSyntaxError) -> [UInt8] {
        try space()
        return try listMailbox()
    }

    /// authenticate = "AUTHENTICATE" SP auth-type [SP (base64 / "=")] *(CRLF base64)
    private mutating func authenticate() throws(IMAPSyntaxError) -> IMAPCommand {
        let mechanism = try atom()
        guard skipSpace() else { return .authenticate(mechanism: mechanism, initialResponse: nil) }
        return .authenticate(mechanism: mechanism, initialResponse: rest())
    }

    /// login = "LOGIN" SP userid SP password
    private mutating func logIn() throws(IMAPSyntaxError) -> IMAPCommand {
        let login = try astring()
        try space()
        return .logIn(login: login, password: Secret(try astring()))
    }

    /// enable = "ENABLE" 1*(SP capability)
    private mutating func enable() throws(IMAPSyntaxError) -> IMAPCommand {
        var names: [String] = []
        repeat {
            guard names.count < 64 else { throw IMAPSyntaxError("Too many arguments", kind: .limit) }
            names.append(String(decoding: try atom().map(ASCII.uppercased), as: UTF8.self))
        } while skipSpace() && !isAtEnd
        return .enable(names)
    }

    /// create = "CREATE" SP mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"]
    private mutating func create() throws(IMAPSyntaxError) -> IMAPCommand {
        let name = try mailbox()
        guard skipSpace() else { return .create(name, nil) }
        try expect("(")
        guard try word() == "USE" else { throw IMAPSyntaxError("Unknown create parameter") }
        try space()
        try expect("(")
        var use: MailboxListing.SpecialUse?
        while skip("\\") {
            // RFC 6154 §3: a mailbox has one use here, and one that is known.
            let attribute = "\\" + (try word())
            guard let known = MailboxListing.SpecialUse(attributes: attribute.utf8), use == nil else {
                throw IMAPSyntaxError("No mailbox gets these uses", kind: .use)
            }
            use = known
            _ = skipSpace()
        }
        try expect(")")
        try expect(")")
        return .create(name, use)
    }

    /// status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
    private mutating func status() throws(IMAPSyntaxError) -> IMAPCommand {
        let name = try mailbox()
        try space()
        return .status(name, try statusItems())
    }

    private mutating func statusItems() throws(IMAPSyntaxError) -> [StatusItem] {
        try expect("(")
        var items: [StatusItem] = []
        repeat {
            guard let item = StatusItem(rawValue: try word()) else { throw IMAPSyntaxError("Unknown status item") }
            if !items.contains(item) { items.append(item) }
        } while skipSpace()
        try expect(")")
        return items
    }

    /// id = "ID" SP ("(" [string SP nstring *(SP string SP nstring)] ")" / nil) ; RFC 2971 §3.3: at most 30 pairs
    private mutating func idParameters() throws(IMAPSyntaxError) -> [IDParameter] {
        guard skip("(") else {
            guard try word() == "NIL" else { throw IMAPSyntaxError("Expected a list or NIL") }
            return []
        }
        var parameters: [IDParameter] = []
        if skip(")") { return [] }
        repeat {
            guard parameters.count < 30 else { throw IMAPSyntaxError("Too many parameters", kind: .limit) }
            guard let field = try string() else { throw IMAPSyntaxError("Expected a string") }
            try space()
            parameters.append(IDParameter(field: field, value: try nstring()))
        } while skipSpace()
        try expect(")")
        return parameters
    }

    /// list = "LIST" [SP "(" [list-select-opt *(SP list-select-opt)] ")"] SP mailbox SP (list-mailbox / "(" list-mailbox
    ///        *(SP list-mailbox) ")") [SP "RETURN" SP "(" [return-option *(SP return-option)] ")"]
    private mutating func listRequest() throws(IMAPSyntaxError) -> ListRequest {
        var request = ListRequest()
        if skip("(") {
            request.isBasic = false
            while current != UInt8(ascii: ")") {
                switch try word() {
                case "SUBSCRIBED": request.selectsSubscribed = true
                case "SPECIAL-USE": request.selectsSpecialUse = true
                case "RECURSIVEMATCH": request.matchesRecursively = true
                case "REMOTE": break
                default: throw IMAPSyntaxError("Unknown select option")
                }
                _ = skipSpace()
            }
            try expect(")")
            try space()
        }
        if request.matchesRecursively, !request.selectsSubscribed {
            throw IMAPSyntaxError("RECURSIVEMATCH needs SUBSCRIBED")
        }
        request.reference = try mailbox()
        try space()
        if skip("(") {
            request.isBasic = false
            repeat {
                guard request.patterns.count < 64 else { throw IMAPSyntaxError("Too many patterns", kind: .limit) }
                request.patterns.append(try listMailbox())
            } while skipSpace()
            try expect(")")
        } else {
            request.patterns = [try listMailbox()]
        }
        guard skipSpace() else { return request }
        guard try word() == "RETURN" else { throw IMAPSyntaxError("Expected RETURN") }
        try space()
        try expect("(")
        request.isBasic = false
        while current != UInt8(ascii: ")") {
            switch try word() {
            case "SUBSCRIBED": request.returnsSubscribed = true
            case "CHILDREN", "SPECIAL-USE": break
            case "MYRIGHTS": request.returnsRights = true
            case "STATUS":
                try space()
                request.returnsStatus = try statusItems()
            case "METADATA":
                try space()
                request.returnsMetadata = try metadataEntries()
            default: throw IMAPSyntaxError("Unknown return option")
            }
            _ = skipSpace()
        }
        try expect(")")
        return request
    }
}
