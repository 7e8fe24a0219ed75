import Directory
import Glibc
import MailModel
package import SiteConfiguration

/// The folders for mail: there, writable for who owns the mail, on the filesystem they should be on, with room.
package struct StoreCheck: Sendable {
    /// What the machine mounts at its start (fstab(5)), and what is mounted.
    private let fstab: String
    private let mounts: String

    package init(fstab: String = "/etc/fstab", mounts: String = "/proc/self/mounts") {
        self.fstab = fstab
        self.mounts = mounts
    }

    package func findings(_ model: SiteModel) async -> [CheckFinding] {
        let roots = model.store.roots.map { root in root.map { Self.folder($0, model.store.places) } }
        let owner = model.store.owner?.value
        let (fstab, mounts) = (fstab, mounts)
        let findings = await Hashing.blocking { () -> [CheckFinding] in
            let mounted = Set(Self.mountPoints(mounts))
            // What fstab(5) mounts only when asked is not missed.
            let wanted = Self.mountPoints(fstab, leavingOut: "noauto")
            return roots.flatMap { root in
                Self.findings(root, owner.map { ($0.uid, $0.gid) }, mounted: mounted, wanted: wanted)
            }
        }
        return findings ?? []
    }

    /// Where a root is on this machine.
    private static func folder(_ path: String, _ places: [PlaceModel]) -> String {
        let place = places.filter { path == $0.path || path.hasPrefix($0.path + "/") }.max {
            $0.path.count < $1.path.count
        }
        return place.map { $0.folder.value + path.dropFirst($0.path.count) } ?? path
    }

    private static func findings(
        _ root: Located<String>, _ owner: (uid: UInt32, gid: UInt32)?, mounted: Set<String>, wanted: [String]
    ) -> [CheckFinding] {
        let path = root.value
        var status = stat()
        guard stat(path, &status) == 0 else {
            return [
                CheckFinding(
                    .error, at: root.location, "\(path): \(String(cString: strerror(errno)))",
                    remedy: "make the folder, or mend store.roots")
            ]
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return [CheckFinding(.error, at: root.location, "\(path) is no folder", remedy: "mend store.roots")]
        }
        var findings: [CheckFinding] = []
        if let point = wanted.first(where: { ($0 == path || path.hasPrefix($0 + "/")) && !mounted.contains($0) }) {
            findings.append(
                CheckFinding(
                    .error, at: root.location,
                    "/etc/fstab mounts a filesystem on \(point), and none is mounted: mail would be written below it",
                    remedy: "mount it"))
        }
        findings += permissions(root, status, owner)
        return findings + room(root)
    }

    private static func permissions(
        _ root: Located<String>, _ status: stat, _ owner: (uid: UInt32, gid: UInt32)?
    ) -> [CheckFinding] {
        guard let owner else {
            // Everybody whose mail is below has to get there.
            guard status.st_mode & S_IXOTH == 0, status.st_mode & S_IXGRP == 0 else { return [] }
            return [
                CheckFinding(
                    .warning, at: root.location,
                    "\(root.value) lets nobody but its owner pass: the owners of mailboxes below can't reach them",
                    remedy: "chmod 711 \(root.value)")
            ]
        }
        let bits: UInt32 =
            if status.st_uid == owner.uid {
                status.st_mode >> 6
            } else if status.st_gid == owner.gid {
                status.st_mode >> 3
            } else {
                status.st_mode
            }
        guard bits & 0o3 != 0o3 else { return [] }
        return [
            CheckFinding(
                .error, at: root.location,
                "\(owner.uid):\(owner.gid), who owns all mail, may not write in \(root.value)",
                remedy: "chown \(owner.uid):\(owner.gid) \(root.value)")
        ]
    }

    private static func room(_ root: Located<String>) -> [CheckFinding] {
        var facts = statvfs()
        guard statvfs(root.value, &facts) == 0 else { return [] }
        if facts.f_flag & UInt(ST_RDONLY) != 0 {
            return [
                CheckFinding(
                    .error, at: root.location, "\(root.value) is on a filesystem that is mounted read-only",
                    remedy: "mount it for writing")
            ]
        }
        var findings: [CheckFinding] = []
        func tell(_ free: UInt, of all: UInt, _ what: String) {
            // A filesystem without a fixed number of inodes has none.
            guard all > 0 else { return }
            let percent = Double(free) / Double(all) * 100
            guard percent < lowest else { return }
            findings.append(
                CheckFinding(
                    free == 0 ? .error : .warning, at: root.location,
                    "\(root.value): \(Int(percent)) % of the \(what) of its filesystem are free",
                    remedy: "make room"))
        }
        tell(facts.f_bavail, of: facts.f_blocks, "space")
        tell(facts.f_favail, of: facts.f_files, "inodes")
        return findings
    }

    /// In percent.
    private static let lowest = 5.0

    /// The second column of fstab(5), without the root and what is no path.
    private static func mountPoints(_ file: String, leavingOut option: String? = nil) -> [String] {
        guard let content = SiteLoader.read(file) else { return [] }
        return String(decoding: content, as: UTF8.self).split(separator: "\n").compactMap { line -> String? in
            let columns = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard columns.count >= 2, !columns[0].hasPrefix("#"), columns[1].hasPrefix("/"), columns[1] != "/" else {
                return nil
            }
            if let option, columns.count >= 4, columns[3].split(separator: ",").contains(where: { $0 == option }) {
                return nil
            }
            // fstab(5): a blank is written \040.
            return String(columns[1]).replacing("\\040", with: " ")
        }
    }
}
