import Blocking
package import MailModel

extension MaildirStore: AccessControlledStore {
    package func accessLists(of names: [MailboxName]) async throws(MailboxFailure) -> [StoredAccessList] {
        let paths = names.map { name -> [UInt8]? in
            // A subscribed name that no folder can have.
            try? location.place(name).path
        }
        let roots = stores.roots
        return try await withMailboxFailures {
            try await stores.pool.runWithIdentity(owner) {
                paths.map { path in path.map { Self.accessList(at: $0, roots) } ?? StoredAccessList() }
            }
        }
    }

    /// Below the roots only: a folder may be a link. Where it can't be read, nobody but the owner is given anything.
    private static func accessList(at path: [UInt8], _ roots: MailRoots) -> StoredAccessList {
        do {
            return try accessList(in: try roots.open(path))
        } catch {
            return StoredAccessList(form: MaildirDirectories.isMissing(error) ? .dovecot : .unreadable)
        }
    }

    private static func accessList(in directory: DirectoryHandle) throws -> StoredAccessList {
        if let file = try contents(of: DovecotACLFile.name, in: directory) {
            return StoredAccessList(parsing: file, .dovecot, DovecotACLFile.parse)
        }
        if let file = try contents(of: CourierACLFile.name, in: directory) {
            return StoredAccessList(parsing: file, .courier, CourierACLFile.parse)
        }
        return StoredAccessList()
    }

    private static func contents(of name: [UInt8], in directory: DirectoryHandle) throws -> [UInt8]? {
        do throws(SystemCallError) {
            return try directory.file(name).readAll(limit: DovecotACLFile.maximumSize)
        } catch  where error.isMissing {
            return nil
        }
    }

    package func changeAccessList(
        of name: MailboxName, _ body: @escaping @Sendable (inout AccessControlList) throws(MailboxFailure) -> Void
    ) async throws(MailboxFailure) {
        let path = try location.place(name).path
        let (roots, root, seconds) = (stores.roots, location.path, stores.options.lockSeconds)
        try await withMailboxFailures {
            _ = try await existingFolder(name)
            try await stores.pool.runWithIdentity(owner) {
                let directory = try roots.open(path)
                // The lock that Dovecot takes for it.
                try DotLock.holding("dovecot-acl.lock", in: directory, seconds: seconds) {
                    let old = try Self.accessList(in: directory)
                    guard old.form != .unreadable else {
                        throw MailboxFailure(
                            .misconfigured, "the ACL in \(pathText(path)) can't be understood: mend or remove the file")
                    }
                    var new = old
                    try body(&new.list)
                    guard new != old else { return }
                    try Self.replace(new, in: directory)
                }
                // Dovecot makes its list of what is shared anew.
                _ = try roots.open(root).removeIfPresent(DovecotACLFile.listName)
            }
        }
    }

    private static func replace(_ access: StoredAccessList, in directory: DirectoryHandle) throws {
        let isCourier = access.form == .courier
        let name = isCourier ? CourierACLFile.name : DovecotACLFile.name
        let contents = isCourier ? CourierACLFile.bytes(access.list) : DovecotACLFile.bytes(access.list)
        guard contents.count <= DovecotACLFile.maximumSize,
            access.list.entries.count <= DovecotACLFile.maximumEntries
        else {
            throw MailboxFailure(.limitExceeded, "the ACL of \(pathText(directory.path)) would be too big")
        }
        if access.list.isEmpty {
            _ = try directory.removeIfPresent(name)
            try directory.sync()
        } else {
            try DurableFile.replace(name, in: directory, temporaryName: name + Array(".tmp".utf8), contents: contents)
        }
    }
}

extension StoredAccessList {
    fileprivate init(
        parsing file: [UInt8], _ form: Form, _ parse: ([UInt8]) throws(MailboxFailure) -> AccessControlList
    ) {
        do throws(MailboxFailure) {
            self.init(try parse(file), form: form)
        } catch {
            self.init(form: .unreadable)
        }
    }
}
