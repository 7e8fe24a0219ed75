import POP3
import SiteConfiguration

/// `POP3Model` with what holds where a site says nothing.
struct MaildropOptions: Sendable {
    var uniqueIDs: POP3Model.UniqueIDs
    var savesUniqueIDs: Bool
    var reusesXUIDL: Bool
    var renamesDuplicates: Bool
    var marksRead: Bool
    var locks: Bool
    var deletedKeyword: String?
    var deletesByKeyword: Bool

    /// Nil only if `UIDLFormat.dovecot` were no format.
    private static let builtIn = try? UIDLFormat(UIDLFormat.dovecot)

    init(_ model: POP3Model) {
        uniqueIDs = model.uniqueIDs?.value ?? Self.builtIn.map { .format($0) } ?? .courier
        savesUniqueIDs = model.savesUniqueIDs?.value ?? false
        reusesXUIDL = model.reusesXUIDL?.value ?? false
        renamesDuplicates = model.renamesDuplicates?.value ?? false
        marksRead = model.marksRead?.value ?? true
        locks = model.locks?.value ?? true
        deletedKeyword = model.deletedKeyword?.value
        deletesByKeyword = model.deletesByKeyword?.value ?? false
    }
}
