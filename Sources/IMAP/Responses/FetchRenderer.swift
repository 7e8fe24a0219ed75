package import MailModel
import NIOCore

/// Turns what the store gives of a message into the part of a FETCH response that needs it. Runs where the store's
/// answers arrive, off the event loop: parsing a big message must not hold up other sessions.
package struct FetchRenderer: Sendable {
    package let items: [FetchItem]
    /// Seconds east of UTC at a moment: INTERNALDATE shows the server's zone.
    package let zoneOffset: @Sendable (Int64) -> Int

    /// Names what is made of a message, if it is little, the same each time, and asked for again and again; else nil.
    package let memoryKind: String?

    package init(_ items: [FetchItem], zoneOffset: @escaping @Sendable (Int64) -> Int) {
        self.items = items.filter { $0 != .flags && $0 != .uid && $0 != .modSeq }
        self.zoneOffset = zoneOffset
        memoryKind = !self.items.isEmpty && self.items.allSatisfy(Self.isRemembered) ? "\(self.items)" : nil
    }

    private static func isRemembered(_ item: FetchItem) -> Bool {
        switch item {
        case .envelope, .structure, .size, .emailID, .threadID: true
        case .section(let section): section.needsOnlySummary
        case .flags, .uid, .modSeq, .internalDate, .saveDate, .preview, .binary, .binarySize: false
        }
    }

    /// What the store must give.
    package var needs: MessageItems {
        var needs: MessageItems = []
        for item in items {
            switch item {
            case .flags, .uid, .modSeq: break
            case .internalDate: needs.insert(.internalDate)
            case .size: needs.insert(.size)
            case .envelope: needs.insert(.summary)
            case .structure: needs.insert(.outline)
            case .saveDate: needs.insert(.saveDate)
            case .emailID, .threadID: needs.insert(.objectIDs)
            case .preview(let lazily): needs.insert(lazily ? .knownPreview : .preview)
            case .section(let section):
                needs.insert(section.needsOnlySummary ? .summary : section.needsOnlyHeader ? .header : .text)
            case .binary, .binarySize: needs.insert(.text)
            }
        }
        // A header asked for as well as the structure: the message's file is opened in any case.
        if needs.isSuperset(of: [.header, .outline]) { needs.insert(.text) }
        if needs.contains(.text) { needs.subtract([.header, .outline, .summary]) }
        if !needs.isDisjoint(with: [.header, .outline]) { needs.remove(.summary) }
        return needs
    }

    /// Whether it sets `\Seen` (RFC 3501 §6.4.5).
    package var marksSeen: Bool {
        items.contains { item in
            switch item {
            case .section(let section), .binary(let section): !section.peeks
            case .envelope, .flags, .internalDate, .size, .uid, .structure, .binarySize, .modSeq, .saveDate, .emailID,
                .threadID,
                .preview:
                false
            }
        }
    }

    /// The items, each with a space behind it but the last.
    /// - Throws: `.limitExceeded` when they are many times the message: a client may ask for a thousand overlapping pieces.
    package func render(_ message: FetchedMessage) throws(MailboxFailure) -> RenderedMessage {
        var output = ByteBuffer()
        let content = message.content ?? ByteBuffer()
        let outcome = content.withUnsafeReadableBytes { raw in
            let bytes = raw.bindMemory(to: UInt8.self).span
            return render(message, bytes, to: &output, below: Self.limit(content.readableBytes))
        }
        switch outcome {
        case .whole: return RenderedMessage(uid: message.uid, items: output)
        case .unknownEncoding: return RenderedMessage(uid: message.uid, items: ByteBuffer(), isUndecodable: true)
        case .tooMuch:
            throw MailboxFailure(.limitExceeded, "the items of a FETCH are many times its message \(message.uid)")
        }
    }

    private enum Outcome {
        case whole
        case tooMuch
        case unknownEncoding
    }

    /// Octets after which no further item is begun; what one item can add to it still fits a buffer.
    private static func limit(_ size: Int) -> Int {
        min(4 * size + (16 << 20), 1 << 30)
    }

    private func render(
        _ message: FetchedMessage, _ bytes: Span<UInt8>, to output: inout ByteBuffer, below limit: Int
    ) -> Outcome {
        let header = message.outline?.parts.first?.header ?? MIMEStructure.headerRange(bytes)
        var parsed = message.outline
        for (index, item) in items.enumerated() {
            guard output.readableBytes < limit else { return .tooMuch }
            if index > 0 { output.writeStaticString(" ") }
            switch item {
            case .flags, .uid, .modSeq: break
            case .internalDate:
                output.writeStaticString("INTERNALDATE \"")
                output.writeString(InternalDate.text(message.internalDate ?? 0, zoneOffset: zoneOffset))
                output.writeStaticString("\"")
            case .size: output.writeString("RFC822.SIZE \(message.size ?? UInt64(bytes.count))")
            case .envelope:
                output.writeStaticString("ENVELOPE ")
                EnvelopeResponse.append(MessageEnvelope.parse(bytes, header: header), to: &output)
            case .structure(let extended):
                let structure = parsed ?? MIMEStructure.parse(bytes)
                parsed = structure
                output.writeString(extended ? "BODYSTRUCTURE " : "BODY ")
                BodyStructureResponse.append(structure, bytes, extended: extended, to: &output)
            case .saveDate, .emailID, .threadID, .preview: append(item, message, to: &output)
            case .section(let section):
                if !section.part.isEmpty, parsed == nil { parsed = MIMEStructure.parse(bytes) }
                let structure = parsed
                SectionContent(section).append(
                    bytes, { structure ?? MIMEStructure.parse(bytes) }, header: header, to: &output)
            case .binary(let section), .binarySize(let section):
                let structure = parsed ?? MIMEStructure.parse(bytes)
                parsed = structure
                guard let content = BinaryContent(section.part, bytes, structure) else { return .unknownEncoding }
                if case .binarySize = item {
                    content.appendSize(section, to: &output)
                } else {
                    content.append(section, to: &output)
                }
            }
        }
        return .whole
    }
}

extension FetchRenderer {
    private func append(_ item: FetchItem, _ message: FetchedMessage, to output: inout ByteBuffer) {
        switch item {
        case .saveDate:
            // RFC 8514 §4.2: NIL where the store does not know.
            let date = message.saveDate.map { "\"\(InternalDate.text($0, zoneOffset: zoneOffset))\"" }
            output.writeString("SAVEDATE \(date ?? "NIL")")
        case .emailID:
            output.writeString("EMAILID (\(message.emailID.flatMap(ObjectID.message) ?? "M\(message.uid)"))")
        case .threadID:
            let thread = message.threadID.flatMap(ObjectID.thread)
            output.writeString("THREADID \(thread.map { "(\($0))" } ?? "NIL")")
        case .preview:
            output.writeStaticString("PREVIEW ")
            ResponseText.appendNString(message.preview, to: &output)
        default: break
        }
    }
}

/// INTERNALDATE (RFC 3501 §2.3.3).
package enum InternalDate {
    /// date-time = date-day-fixed "-" date-month "-" date-year SP time SP zone
    package static func text(_ seconds: Int64, zoneOffset: (Int64) -> Int) -> String {
        let (date, time, offset) = local(seconds, zoneOffset: zoneOffset)
        let (year, month, dayOfMonth) = date.components
        let zone = abs(offset) / 60
        return padded(dayOfMonth, 2) + "-" + CivilDate.monthNames[month - 1] + "-" + padded(year, 4) + " "
            + padded(time / 3600, 2) + ":" + padded(time / 60 % 60, 2) + ":" + padded(time % 60, 2)
            + (offset < 0 ? " -" : " +") + padded(zone / 60 * 100 + zone % 60, 4)
    }

    /// The day and the second of it that a clock of the zone shows, and the zone's offset in seconds. A file may bear any
    /// time there is: one outside the years 0000 to 9999, which is all that the grammar can say, counts as their first or
    /// last.
    static func local(
        _ seconds: Int64, zoneOffset: (Int64) -> Int
    ) -> (day: CivilDate, time: Int, offset: Int) {
        let seconds = Int(min(max(seconds, -62_000_000_000), 253_000_000_000))
        let offset = min(max(zoneOffset(Int64(seconds)), -86_340), 86_340)
        let local = seconds + offset
        let day = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        return (CivilDate(day: day), local - day * 86_400, offset)
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
