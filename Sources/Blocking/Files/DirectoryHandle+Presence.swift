/// The same calls for names that another process may have taken away: false instead of an error.
extension DirectoryHandle {
    package func renameIfPresent(
        _ name: [UInt8], to directory: DirectoryHandle, _ newName: [UInt8]
    ) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            try rename(name, to: directory, newName)
            return true
        } catch  where error.isMissing {
            return false
        }
    }

    /// As `renameWithoutReplacing`.
    package func moveIfPresent(
        _ name: [UInt8], to directory: DirectoryHandle, _ newName: [UInt8]
    ) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            try renameWithoutReplacing(name, to: directory, newName)
            return true
        } catch  where error.isMissing {
            return false
        }
    }

    package func removeIfPresent(_ name: [UInt8]) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            try remove(name)
            return true
        } catch  where error.isMissing {
            return false
        }
    }
}
