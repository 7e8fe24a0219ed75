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
    let key = UnicodeCasemap.key(input.bytes)
    require(
        BaseSubject(input.bytes).key.count <= UnicodeCasemap.key(EncodedWord.decode(input.bytes)).count, "a base grew")
    require(TextPattern(input.bytes).matches(bytes), "a text is not found in itself")
    require(key.count <= 18 * count, "a key is longer than any decomposition makes it")
    require(MessageIdentifiers.list(input.bytes, limit: 10).count <= 10, "more identifiers than asked for")
    for name in ["koi8-r", "shift_jis", "iso-2022-jp", "gb18030", "utf-16", "utf-7", "euc-kr", "big5"] {
        _ = TextCharset(Array(name.utf8)).utf8(input.bytes)
    }
    return 0
}
