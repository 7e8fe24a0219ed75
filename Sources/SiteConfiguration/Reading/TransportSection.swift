/// `transports:`: what each class of domains does with a message, and the table that goes over them.
enum TransportSection {
    static func read(_ site: SectionReader, into model: inout RoutingModel) {
        guard let reader = site.section("transports") else { return }
        model.localTransport = transport("local", reader)
        model.virtualTransport = transport("virtual", reader)
        model.relayTransport = transport("relay", reader)
        model.defaultTransport = transport("default", reader)
        model.transports = TableSection.tables("table", reader)
        reader.finish()
    }

    /// A mapping of one key: `{lmtp: "unix:/run/lmtp"}`.
    private static func transport(_ key: String, _ parent: SectionReader) -> TransportModel? {
        guard let node = parent.node(key) else { return nil }
        guard let entry = node.entries?.first, node.entries?.count == 1, let text = entry.value.scalar else {
            parent.context.faults.error(
                at: node.location, "\(node.path) must be one transport",
                remedy: "for example {lmtp: \"unix:/run/lmtp\"}")
            return nil
        }
        let value = Located(text, at: entry.value.location)
        switch entry.key {
        case "mailboxes": return .mailboxes(at: value)
        case "accounts": return .accounts(at: value)
        case "lmtp": return .lmtp(value)
        case "smtp": return .smtp(value)
        case "named": return .named(value)
        case "error": return .error(value)
        case "retry": return .retry(value)
        case "discard": return .discard(value)
        case "unserved": return .unserved(value)
        default:
            parent.context.faults.error(
                at: entry.keyLocation, "\(node.path): there is no transport \(entry.key)",
                remedy: "mailboxes, accounts, lmtp, smtp, named, error, retry, discard or unserved")
            return nil
        }
    }
}
