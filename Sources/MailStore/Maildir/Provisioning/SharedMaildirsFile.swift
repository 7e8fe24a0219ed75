import Blocking

/// Courier's `shared-maildirs`: the sharable Maildirs that an account sees, one line `NAME<TAB>PATH` for each
/// (maildirmake(1), --add).
enum SharedMaildirsFile {
    static let name = Array("shared-maildirs".utf8)
    static let limit = 1 << 20

    /// What names stand for; of one name the first line counts.
    static func lines(_ contents: [UInt8]) -> [(group: [UInt8], path: [UInt8])] {
        var lines: [(group: [UInt8], path: [UInt8])] = []
        var groups: Set<[UInt8]> = []
        for line in contents.split(separator: 0x0A) {
            let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
            guard let end = line.firstIndex(where: isBlank) else { continue }
            var rest = line[end...].drop(while: isBlank)
            while let last = rest.last, isBlank(last) || last == 0x0D { rest.removeLast() }
            let group = Array(line[..<end])
            if groups.insert(group).inserted { lines.append((group, Array(rest))) }
        }
        return lines
    }

    /// The path that a name stands for.
    static func path(of group: [UInt8], in contents: [UInt8]) -> [UInt8]? {
        lines(contents).first { $0.group == group }?.path
    }

    static func adding(_ group: [UInt8], _ path: [UInt8], to contents: [UInt8]) -> [UInt8] {
        let separator: [UInt8] = contents.isEmpty || contents.last == 0x0A ? [] : [0x0A]
        return contents + separator + group + [0x09] + path + [0x0A]
    }
}

extension MaildirMaking {
    /// The line that shows a sharable Maildir to the account whose Maildir is at `path`.
    package func sharedMaildirsLine(_ group: [UInt8], _ sharable: [UInt8], in path: [UInt8]) throws -> Finding {
        guard let directory = try directoryToRead(path) else { return .missing }
        if let finding = try look(group, sharable, in: directory).finding { return finding }
        guard !isDry else { return .missing }
        return try DotLock.holding("shared-maildirs.lock", in: directory, seconds: 30) {
            try addLine(group, sharable, in: directory)
        }
    }

    /// Under the lock: another one may have been here meanwhile.
    private func addLine(_ group: [UInt8], _ sharable: [UInt8], in directory: DirectoryHandle) throws -> Finding {
        let (finding, contents) = try look(group, sharable, in: directory)
        if let finding { return finding }
        try DurableFile.replace(
            SharedMaildirsFile.name, in: directory, temporaryName: Array("shared-maildirs.tmp".utf8), mode: 0o644,
            contents: SharedMaildirsFile.adding(group, sharable, to: contents))
        return .missing
    }

    private func look(
        _ group: [UInt8], _ sharable: [UInt8], in directory: DirectoryHandle
    ) throws -> (finding: Finding?, contents: [UInt8]) {
        guard let contents = try contents(of: directory) else { return (nil, []) }
        guard let found = SharedMaildirsFile.path(of: group, in: contents) else { return (nil, contents) }
        guard found != sharable else { return (.present, contents) }
        let text = "shared-maildirs has \(pathText(group)) at \(pathText(found)), not at \(pathText(sharable))"
        return (.wrong(text), contents)
    }

    private func contents(of directory: DirectoryHandle) throws -> [UInt8]? {
        do {
            return try directory.file(SharedMaildirsFile.name).readAll(limit: SharedMaildirsFile.limit)
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }
}
