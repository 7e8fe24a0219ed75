import MailModel
import NIOCore
import Net

/// RFC 5464.
extension IMAPServerEngine {
    static let metadataCapabilities = [
        "METADATA", "LIST-METADATA",
    ]

    /// The mailbox that a client names, or the server: an empty name. Nil for what names none.
    private func metadataPlace(_ wire: [UInt8]) -> MailboxName?? {
        wire.isEmpty ? .some(nil) : name(wire).map(Optional.some)
    }

    // MARK: GETMETADATA

    mutating func getMetadata(
        _ tag: [UInt8], _ request: MetadataRequest, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard let place = metadataPlace(request.mailbox) else { return rejectName(tag, &output) }
        let completion = Completion(tag: tag, text: "OK Getmetadata completed.")
        return wait(.account(account, .metadata([place]))) { engine, answer, output in
            guard case .metadata(let found) = answer, let metadata = found.first ?? nil else {
                return engine.finish(answer, completion, &output)
            }
            var completion = completion
            if let longest = engine.write(metadata, request, of: place, account, &output) {
                // §4.2.1
                completion.text = "OK [METADATA LONGENTRIES \(longest)] Getmetadata completed."
            }
            return engine.finish(completion, &output)
        }
    }

    /// metadata-resp = "METADATA" SP mailbox SP "(" entry-value *(SP entry-value) ")"
    ///
    /// An entry that is asked for by its name and is not there is NIL.
    /// - Returns: the size of the biggest value that was too big, if any.
    func write(
        _ metadata: MailboxMetadata, _ request: MetadataRequest, of place: MailboxName?, _ account: any IMAPAccount,
        _ output: inout ByteBuffer
    ) -> Int? {
        var shown: [(MetadataEntryName, [UInt8]?)] = []
        var seen: Set<MetadataEntryName> = []
        var longest: Int?
        func show(_ name: MetadataEntryName, _ value: [UInt8]?) {
            guard seen.insert(name).inserted else { return }
            if let value, let maximum = request.maximumSize, UInt64(value.count) > maximum {
                longest = max(longest ?? 0, value.count)
            } else {
                shown.append((name, value))
            }
        }
        for entry in request.entries {
            if metadata.values[entry] != nil || request.depth == .zero { show(entry, metadata.values[entry]) }
            guard request.depth != .zero else { continue }
            for (name, value) in metadata.values.sorted(by: { $0.key < $1.key }) {
                guard let depth = name.depth(below: entry), depth > 0 else { continue }
                if request.depth == .infinity || depth == 1 { show(name, value) }
            }
        }
        guard !shown.isEmpty else { return longest }
        writeMetadataPlace(place, account, &output)
        output.writeStaticString(" (")
        for (index, (name, value)) in shown.enumerated() {
            if index > 0 { output.writeStaticString(" ") }
            output.writeString("\(name) ")
            if let value, value.contains(0) {
                output.writeString("~{\(value.count)}\r\n")
                output.writeBytes(value)
            } else {
                ResponseText.appendNString(value, to: &output)
            }
        }
        output.writeStaticString(")\r\n")
        return longest
    }

    private func writeMetadataPlace(
        _ place: MailboxName?, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) {
        output.writeStaticString("* METADATA ")
        if let place {
            ResponseText.appendMailbox(naming(account).encode(place), to: &output)
        } else {
            output.writeStaticString("\"\"")
        }
    }

    /// metadata-resp =/ "METADATA" SP mailbox SP entry-list: unasked, without values (§4.4.2).
    func writeChanged(
        _ entries: [MetadataEntryName], of place: MailboxName?, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) {
        writeMetadataPlace(place, account, &output)
        for entry in entries { output.writeString(" \(entry)") }
        output.writeStaticString("\r\n")
    }

    // MARK: SETMETADATA

    mutating func setMetadata(
        _ tag: [UInt8], _ wire: [UInt8], _ changes: [MetadataChange], _ account: any IMAPAccount,
        _ output: inout ByteBuffer
    ) -> Step {
        guard let place = metadataPlace(wire) else { return rejectName(tag, &output) }
        if let refusal = Self.refusal(of: changes, for: place) {
            return finish(Completion(tag: tag, text: refusal), &output)
        }
        let statesUse = changes.contains { $0.name == .specialUse }
        let completion = Completion(tag: tag, text: "OK Setmetadata completed.")
        return wait(.account(account, .setMetadata(changes, of: place))) { engine, answer, output in
            var completion = completion
            if case .failed(let failure) = answer {
                completion.text =
                    switch failure.kind {
                    // §4.3
                    case .limitExceeded: "NO [METADATA TOOMANY] No room for more annotations."
                    case .notPermitted where statesUse: "NO [USEATTR] The site says what this mailbox is for."
                    default: FailureText.text(failure)
                    }
            }
            return engine.finish(completion, &output)
        }
    }

    private static func refusal(of changes: [MetadataChange], for place: MailboxName?) -> String? {
        for change in changes {
            if let value = change.value, value.count > MailboxMetadata.maximumValue {
                return "NO [METADATA MAXSIZE \(MailboxMetadata.maximumValue)] The value is too big."
            }
            // §3.3: what the server says to everybody is its administrator's.
            if place == nil, !change.name.isPrivate {
                return "NO [NOPERM] The server's shared annotations are not changed by clients."
            }
            // RFC 6154 §4
            if change.name == .specialUse, let value = change.value,
                place == nil || MailboxListing.SpecialUse(attributes: value) == nil
            {
                return "NO [USEATTR] Not a use of a mailbox."
            }
        }
        return nil
    }

    // MARK: LIST … RETURN (METADATA …)

    /// RFC 9590 §3: the annotations of what LIST has shown.
    mutating func listMetadata(
        _ names: [MailboxName], _ entries: [MetadataEntryName], _ account: any IMAPAccount,
        then next: @escaping @Sendable (inout IMAPServerEngine, inout ByteBuffer) -> Step
    ) -> Step {
        wait(.account(account, .metadata(names))) { engine, answer, output in
            if case .metadata(let found) = answer {
                var request = MetadataRequest()
                request.entries = entries
                for (name, metadata) in zip(names, found) {
                    if let metadata { _ = engine.write(metadata, request, of: name, account, &output) }
                }
            }
            return next(&engine, &output)
        }
    }
}
