extension POP3Model {
    var entries: YAMLEntries {
        var entries = YAMLEntries()
        entries.add("uidl_format", uniqueIDs?.map(\.text))
        entries.add("save_uidl", savesUniqueIDs)
        entries.add("reuse_xuidl", reusesXUIDL)
        entries.add("rename_duplicate_uidls", renamesDuplicates)
        entries.add("mark_read", marksRead)
        entries.add("lock", locks)
        entries.add("deleted_keyword", deletedKeyword)
        entries.add("delete_by_keyword", deletesByKeyword)
        entries.add("login_delay", loginDelay)
        entries.add("client_workarounds", workarounds.map { $0.map(\.rawValue) })
        return entries
    }
}
