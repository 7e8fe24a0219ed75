import FuzzSupport
import IMAP
import NIOCore

/// IMAP commands: whatever way the bytes are cut, the same commands come out; every command is parsed or refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    for limits in [IMAPLimits.beforeLogin, .afterLogin] {
        let whole = commands([input.bytes[...]], limits)
        require(whole == commands(input.pieces, limits), "cut into pieces the commands are others")
        let parser = CommandParser(limits: limits)
        for command in whole {
            _ = parser.parse(command)
            _ = IMAPURL(command)
            for place in [AppendPlace.first, .messages, .pieces, .closing(isPiece: true)] {
                var grammar = AppendGrammar(command, limits: limits)
                _ = grammar.read(from: place)
            }
        }
    }
    return 0
}

private func commands(_ pieces: [ArraySlice<UInt8>], _ limits: IMAPLimits) -> [[UInt8]] {
    var framer = CommandFramer()
    var input = ByteBuffer()
    var result: [[UInt8]] = []
    for piece in pieces {
        input.writeBytes(piece)
        reading: while true {
            switch framer.next(&input, limits: limits) {
            case .needInput: break reading
            case .command(let bytes): result.append(bytes)
            case .literal(let announcement):
                if !framer.gather(announcement, limits: limits) { framer.abandon() }
            case .tooLong: result.append([])
            }
        }
    }
    return result
}
