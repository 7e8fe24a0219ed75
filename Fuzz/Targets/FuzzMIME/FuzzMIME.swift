import FuzzSupport
import MailModel

/// Messages: any bytes are one. Parts lie within their parents, the work stays linear, headers decode to something.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    let bytes = input.bytes.span
    let structure = MIMEStructure.parse(bytes)
    for (index, part) in structure.parts.enumerated() {
        require(part.header.upperBound <= part.body.lowerBound, "part \(index): the body begins in the header")
        require(part.body.upperBound <= count, "part \(index) ends behind the message")
        if let parent = part.parent {
            require(parent < index, "part \(index) comes before its parent")
            require(structure.parts[parent].children.contains(index), "part \(index) is no child of its parent")
        }
        _ = MessageEnvelope.parse(bytes, header: part.header)
        _ = TransferDecoding.base64.decode(bytes, part.body)
        _ = TransferDecoding.quotedPrintable.decode(bytes, part.body)
    }
    require(structure.work <= 64 + 4 * count * (MIMELimits.standard.nesting + 1), "the work is not linear")
    _ = EncodedWord.decode(input.bytes)
    _ = MessageAddress.list(input.bytes)
    return 0
}
