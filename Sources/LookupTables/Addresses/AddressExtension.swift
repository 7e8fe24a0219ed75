/// Splits `user+extension` as Postfix does.
package enum AddressExtension {
    /// The part before the first delimiter, the delimiter and the extension behind it. Nil when there is nothing to split:
    /// no delimiter, or one at either end of the local part.
    ///
    /// When `-` is a delimiter, the names of mailing lists' owners (`owner-list`, `list-request`) and of the mail system
    /// itself (`mailer-daemon`, `double-bounce`) stay whole, as `owner_request_special` has it by default.
    package static func split(
        _ localPart: [UInt8], delimiters: [UInt8]
    ) -> (user: ArraySlice<UInt8>, delimiter: UInt8, extension: ArraySlice<UInt8>)? {
        guard let at = localPart.firstIndex(where: delimiters.contains) else { return nil }
        if delimiters.contains(UInt8(ascii: "-")), isWhole(LookupKey.folded(localPart)) { return nil }
        let user = localPart[..<at]
        let rest = localPart[(at + 1)...]
        guard !user.isEmpty, !rest.isEmpty else { return nil }
        return (user, localPart[at], rest)
    }

    private static func isWhole(_ folded: [UInt8]) -> Bool {
        folded.elementsEqual("mailer-daemon".utf8) || folded.elementsEqual("double-bounce".utf8)
            || folded.starts(with: "owner-".utf8)
            || (folded.count > 8 && folded.suffix(8).elementsEqual("-request".utf8))
    }
}
