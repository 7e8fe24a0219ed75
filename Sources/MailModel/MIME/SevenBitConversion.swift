package import NIOCore

/// Why a message can't be made a seven-bit one.
package enum SevenBitFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// An encoding that we don't know stands between us and the octets.
    case unknownEncoding(String)
    /// A header of a part, the parts or their nesting go beyond what is looked at.
    case tooComplex

    package var description: String {
        switch self {
        case .unknownEncoding(let name): "8-bit content with Content-Transfer-Encoding: \(name)"
        case .tooComplex: "a MIME structure beyond all measure"
        }
    }
}

/// What has to be done with each part of a message: found by a first reading, used by `SevenBitConversion` in a second. A
/// header stands before its body, and only the body tells whether the header must change.
package struct SevenBitPlan: Hashable, Sendable {
    var recodings: [SevenBitRecoding]

    /// Whether a message comes out as it went in.
    package var isEmpty: Bool { recodings.allSatisfy { $0 == .none } }
}

enum SevenBitRecoding: Hashable, Sendable {
    case none
    case quotedPrintable
    case base64
    /// Quoted-printable already, with octets in it that it must not hold.
    case mendQuotedPrintable
    case mendBase64
}

/// The first reading, in chunks of any size; it keeps a few octets per part.
package struct SevenBitSurvey: Sendable {
    private var walker = SevenBitWalker(.survey)

    package init() {}

    package mutating func read(_ chunk: ByteBuffer) {
        var nothing = ByteBuffer()
        walker.read(chunk, &nothing)
    }

    package mutating func finish() throws(SevenBitFailure) -> SevenBitPlan {
        var nothing = ByteBuffer()
        walker.finish(&nothing)
        if let failure = walker.failure { throw failure }
        return SevenBitPlan(recodings: walker.found)
    }
}

/// Makes of a message with eight-bit or binary parts a valid one of seven bits (RFC 6152 §3, RFC 2045 §6): text becomes
/// quoted-printable, everything else base 64, in multiparts and embedded messages too. A message without MIME fields gets them,
/// its charset said to be unknown (RFC 1428). Parts that need nothing, and octets above 127 in headers, stay as they are.
package struct SevenBitConversion: Sendable {
    private var walker: SevenBitWalker

    package init(_ plan: SevenBitPlan) {
        walker = SevenBitWalker(.convert(plan))
    }

    package mutating func convert(_ chunk: ByteBuffer, into output: inout ByteBuffer) {
        walker.read(chunk, &output)
    }

    package mutating func finish(into output: inout ByteBuffer) {
        walker.finish(&output)
    }
}
