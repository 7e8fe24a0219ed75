import Glibc

/// Small files that are replaced whole: a reader sees the old or the new one, and after the call the new one survives a
/// power cut.
package enum DurableFile {
    /// Writes `temporaryName`, syncs it, renames it to `name` and syncs the directory. A left-over temporary file of a
    /// killed process is overwritten: callers hold the lock that keeps others away from that name.
    package static func replace(
        _ name: [UInt8], in directory: DirectoryHandle, temporaryName: [UInt8], mode: UInt32 = 0o600,
        contents: [UInt8]
    ) throws(SystemCallError) {
        do throws(SystemCallError) {
            try directory.remove(temporaryName)
        } catch  where error.isMissing {
            // The usual case.
        }
        let file = try directory.makeFile(temporaryName, mode: mode)
        do throws(SystemCallError) {
            try file.write(contents)
            try file.sync()
            try directory.rename(temporaryName, to: directory, name)
        } catch {
            discard(temporaryName, in: directory)
            throw error
        }
        try directory.sync()
    }

    /// Takes away a temporary file after a failure that is the one to be reported.
    package static func discard(_ name: [UInt8], in directory: DirectoryHandle) {
        do throws(SystemCallError) {
            try directory.remove(name)
        } catch {
            // Sweeping tmp/ finds it later; the first failure says more.
        }
    }
}
