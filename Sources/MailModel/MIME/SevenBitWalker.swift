import NIOCore

/// Goes through a message line by line, keeping its place in the MIME structure.
struct SevenBitWalker: Sendable {
    enum Purpose {
        /// Finds a plan.
        case survey
        /// Writes the message converted by a plan.
        case convert(SevenBitPlan)
        /// Writes the message with its binary parts in base 64, and all else as it is.
        case recodeBinary
    }

    private static let headerLimit = 256 * 1024
    /// Longer lines come in pieces.
    private static let pieceLength = 8192
    private static let nestingLimit = 100
    private static let partLimit = 10_000

    private enum Place {
        case header(isMessage: Bool, isInDigest: Bool)
        case leaf
        /// Before the first part of a multipart and behind its last.
        case outside
    }

    private struct Boundary {
        var text: [UInt8]
        var isDigest: Bool
    }

    private let purpose: Purpose
    private let isSurvey: Bool
    private let recodesBinary: Bool
    /// What the parts need, in the order of their headers.
    private(set) var found: [SevenBitRecoding] = []
    private(set) var failure: SevenBitFailure?
    private var place = Place.header(isMessage: true, isInDigest: false)
    private var boundaries: [Boundary] = []
    private var header: [UInt8] = []
    private var part = SevenBitHeader()
    private var encoder = SevenBitEncoder(.none)
    private var ordinal = -1
    private var lineLength = 0
    private var pending: [UInt8] = []
    private var isLineStart = true

    init(_ purpose: Purpose) {
        self.purpose = purpose
        switch purpose {
        case .survey: (isSurvey, recodesBinary) = (true, false)
        case .convert: (isSurvey, recodesBinary) = (false, false)
        case .recodeBinary: (isSurvey, recodesBinary) = (false, true)
        }
    }

    // MARK: Lines

    mutating func read(_ chunk: ByteBuffer, _ output: inout ByteBuffer) {
        guard failure == nil else { return }
        let bytes = pending + chunk.readableBytesView
        pending = []
        var start = 0
        while let feed = bytes[start...].firstIndex(of: 0x0A) {
            let hasReturn = feed > start && bytes[feed - 1] == 0x0D
            let end = hasReturn ? feed - 1 : feed
            line(bytes[start..<end], ending: bytes[end...feed], &output)
            start = feed + 1
        }
        if bytes.count - start > Self.pieceLength {
            // A CR may be the first half of the line's end.
            let end = bytes.last == 0x0D ? bytes.count - 1 : bytes.count
            line(bytes[start..<end], ending: [], &output)
            start = end
        }
        pending = Array(bytes[start...])
    }

    mutating func finish(_ output: inout ByteBuffer) {
        guard failure == nil else { return }
        if !pending.isEmpty { line(pending[...], ending: [], &output) }
        pending = []
        if case .header = place { endHeader([], &output) }
        endLeaf(atBoundary: false, &output)
    }

    private mutating func line(_ line: ArraySlice<UInt8>, ending: ArraySlice<UInt8>, _ output: inout ByteBuffer) {
        let isStart = isLineStart
        isLineStart = !ending.isEmpty
        if isStart, let (index, isLast) = boundary(line) {
            if case .header = place { endHeader([], &output) }
            endLeaf(atBoundary: true, &output)
            let isDigest = boundaries[index].isDigest
            boundaries.removeSubrange((isLast ? index : index + 1)...)
            write(line, ending, &output)
            place = isLast ? .outside : .header(isMessage: false, isInDigest: isDigest)
            header = []
            return
        }
        switch place {
        case .header:
            if isStart, line.isEmpty, !ending.isEmpty { return endHeader(ending, &output) }
            guard header.count + line.count <= Self.headerLimit else {
                failure = .tooComplex
                return
            }
            header += line
            header += ending
        case .leaf:
            if isSurvey {
                examine(line, isStart: isStart)
            } else {
                encoder.append(line, ending: ending, into: &output)
            }
        case .outside:
            guard !isSurvey else { return }
            if recodesBinary { return write(line, ending, &output) }
            // Not content, and no part to be encoded.
            output.writeBytes(line.map { $0 >= 0x80 || $0 == 0 ? UInt8(ascii: "?") : $0 })
            output.writeBytes(ending)
        }
    }

    /// delimiter := "--" boundary ; close-delimiter := delimiter "--" ; white space may follow either
    private func boundary(_ line: ArraySlice<UInt8>) -> (Int, isLast: Bool)? {
        guard !boundaries.isEmpty, line.starts(with: [0x2D, 0x2D]) else { return nil }
        var text = line.dropFirst(2)
        while text.last == 0x20 || text.last == 0x09 { text = text.dropLast() }
        for index in boundaries.indices.reversed() {
            let known = boundaries[index].text
            guard text.starts(with: known) else { continue }
            let rest = text.dropFirst(known.count)
            if rest.isEmpty { return (index, false) }
            if rest.elementsEqual([0x2D, 0x2D]) { return (index, true) }
        }
        return nil
    }

    // MARK: Parts

    private mutating func endHeader(_ emptyLine: ArraySlice<UInt8>, _ output: inout ByteBuffer) {
        guard case .header(let isMessage, let isInDigest) = place else { return }
        ordinal += 1
        guard ordinal < Self.partLimit, boundaries.count < Self.nestingLimit else {
            failure = .tooComplex
            return
        }
        part = SevenBitHeader(header, isMessage: isMessage, isInDigest: isInDigest)
        let recoding: SevenBitRecoding
        switch purpose {
        case .survey:
            recoding = .none
            found.append(.none)
        case .convert(let plan):
            recoding = ordinal < plan.recodings.count ? plan.recodings[ordinal] : .none
            part.write(header, recoding, emptyLine: emptyLine, into: &output)
        case .recodeBinary:
            recoding = part.isBinaryLeaf ? .base64 : .none
            part.writeWithoutBinary(header, emptyLine: emptyLine, into: &output)
        }
        header = []
        encoder = SevenBitEncoder(recoding)
        lineLength = 0
        switch part.kind {
        case .multipart(let boundary, let isDigest):
            boundaries.append(Boundary(text: boundary, isDigest: isDigest))
            place = .outside
        case .message: place = emptyLine.isEmpty ? .outside : .header(isMessage: true, isInDigest: false)
        case .text, .other: place = .leaf
        }
    }

    private mutating func endLeaf(atBoundary: Bool, _ output: inout ByteBuffer) {
        guard case .leaf = place, !isSurvey else { return }
        encoder.finish(atBoundary: atBoundary, into: &output)
    }

    /// Whether the part can stay as it is.
    private mutating func examine(_ line: ArraySlice<UInt8>, isStart: Bool) {
        lineLength = (isStart ? 0 : lineLength) + line.count
        guard found.indices.contains(ordinal), found[ordinal] == .none else { return }
        guard lineLength > 998 || line.contains(where: { $0 >= 0x80 || $0 == 0 || $0 == 0x0D }) else { return }
        switch part.encoding {
        case .identity: found[ordinal] = part.kind == .text ? .quotedPrintable : .base64
        case .quotedPrintable: found[ordinal] = .mendQuotedPrintable
        case .base64: found[ordinal] = .mendBase64
        case .unknown(let name):
            // Long lines of seven bits are no reason to give up: they are broken when they are sent.
            if line.contains(where: { $0 >= 0x80 }) { failure = .unknownEncoding(name) }
        }
    }

    private func write(_ line: ArraySlice<UInt8>, _ ending: ArraySlice<UInt8>, _ output: inout ByteBuffer) {
        guard !isSurvey else { return }
        output.writeBytes(line)
        output.writeBytes(ending)
    }
}
