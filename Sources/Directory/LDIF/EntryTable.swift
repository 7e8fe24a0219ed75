import LDAP

/// The entries of one LDIF file, packed: all octets in one array, everything else rows of numbers. An entry's number is its
/// place in the file, which is the order in which answers list entries.
struct EntryTable: Sendable {
    /// Where some octets stand in `octets`.
    struct Octets: Sendable, Hashable {
        var start: UInt32
        var end: UInt32
    }

    struct Entry: Sendable {
        /// The DN as the file has it.
        var name: Octets
        /// The DN as it is compared.
        var preparedName: Octets
        var attributes: Range<Int>
        /// The number of the entry above, or nil for a suffix: an entry whose superior isn't in the file.
        var parent: UInt32?
    }

    struct Attribute: Sendable {
        /// A place in `descriptors`.
        var descriptor: Int
        var values: Range<Int>
    }

    /// An attribute description that occurs in the file.
    struct Descriptor: Sendable {
        var description: AttributeDescription
        var type: AttributeType
        /// Folded; empty for nearly all.
        var options: [String]
    }

    var octets: [UInt8] = []
    var values: [Octets] = []
    var attributes: [Attribute] = []
    var entries: [Entry] = []
    var descriptors: [Descriptor] = []
    /// Types of attributes that stand in the file but in no schema, by folded name.
    var undescribedTypes: [String: AttributeType] = [:]
    /// Folded names of object classes that stand in the file but in no schema.
    var undescribedClasses: Set<String> = []
    /// By prepared DN.
    var names = HashedIndex(HashedIndex.Builder())
    var referrals: Set<UInt32> = []
    var aliases: Set<UInt32> = []
    /// Some userPassword value of the file, to spend the same work on a name that doesn't exist.
    var samplePassword: [UInt8]?

    subscript(octets: Octets) -> ArraySlice<UInt8> {
        self.octets[Int(octets.start)..<Int(octets.end)]
    }

    /// The number of the entry with this prepared DN.
    func entry(named preparedName: ArraySlice<UInt8>) -> UInt32? {
        names.candidates(preparedName).first { self[entries[Int($0)].preparedName] == preparedName }
    }

    /// Whether `entry` is `ancestor` or below it.
    func isWithin(_ entry: UInt32, _ ancestor: UInt32) -> Bool {
        var candidate: UInt32? = entry
        while let current = candidate {
            if current == ancestor { return true }
            candidate = entries[Int(current)].parent
        }
        return false
    }

    /// The type with this folded name or OID, known from a schema or from the file.
    func attributeType(_ name: some StringProtocol, schema: DirectorySchema) -> AttributeType? {
        schema.attributeType(name) ?? undescribedTypes[name.lowercased()]
    }

    /// The values of the attribute and of everything derived from it.
    func values(of type: AttributeType, in entry: UInt32) -> [ArraySlice<UInt8>] {
        attributes[entries[Int(entry)].attributes].flatMap { attribute in
            descriptors[attribute.descriptor].type.isKind(of: type) ? values[attribute.values].map { self[$0] } : []
        }
    }
}
