extension GrammarReader {
    /// getquota = "GETQUOTA" SP quota-root-name
    /// getquotaroot = "GETQUOTAROOT" SP mailbox
    /// setquota = "SETQUOTA" SP quota-root-name SP "(" [resource SP number64 *(SP resource SP number64)] ")"
    /// quota-root-name = astring                       ; RFC 9208 §6
    mutating func quotaCommand(_ name: String) throws(IMAPSyntaxError) -> IMAPCommand {
        let argument = try astring()
        switch name {
        case "GETQUOTA": return .getQuota(root: argument)
        case "GETQUOTAROOT": return .getQuotaRoot(argument)
        default:
            try space()
            try expect("(")
            var count = 0
            while current != UInt8(ascii: ")") {
                guard count < 16 else { throw IMAPSyntaxError("Too many resources", kind: .limit) }
                _ = try atom()
                try space()
                _ = try number()
                _ = skipSpace()
                count += 1
            }
            try expect(")")
            return .setQuota(root: argument)
        }
    }
}
