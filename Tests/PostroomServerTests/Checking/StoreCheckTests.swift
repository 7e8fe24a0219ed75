import Directory
import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// What `check` finds about the folders below which mail lies.
@Suite struct StoreCheckTests {
    private func findings(
        _ root: String, fstab: String = "", mounts: String = ""
    ) async throws -> [CheckFinding] {
        let folder = try TemporaryFolder("store")
        let check = StoreCheck(
            fstab: try folder.write(fstab, to: "fstab"), mounts: try folder.write(mounts, to: "mounts"))
        var model = SiteModel.unconfigured(hostname: Located("mx.example.org", at: .builtIn))
        model.store.roots = [Located(root, at: SourceLocation(file: "/postroom.yaml", line: 7))]
        return await check.findings(model)
    }

    @Test func `given a filesystem that fstab mounts and that is not mounted, then mail would be written below it`()
        async throws
    {
        let folder = try TemporaryFolder("disk")
        let root = try folder.makeFolder("mail disk/boxes")
        let point = folder.path("mail disk").replacing(" ", with: "\\040")
        let fstab = "# disks\nUUID=1 / ext4 defaults 0 1\nUUID=2 \(point) ext4 defaults,nofail 0 2\n"
        let missing = try await findings(root, fstab: fstab)
        #expect(missing.map(\.severity) == [.error], "\(missing)")
        #expect(
            missing.first?.problem.contains("mounts a filesystem on \(folder.path("mail disk")), and none is mounted")
                == true)
        #expect(missing.first?.location.line == 7)
        #expect(try await findings(root, fstab: fstab, mounts: "/dev/sdb1 \(point) ext4 rw 0 0\n") == [])
    }

    @Test(arguments: ["UUID=2 %POINT% ext4 noauto,rw 0 2", "UUID=2 %POINT%er ext4 rw 0 2", "UUID=2 none swap sw 0 0"])
    func `given a filesystem that need not be mounted for it, then nothing is missed`(line: String) async throws {
        let folder = try TemporaryFolder("disk")
        let root = try folder.makeFolder("mail")
        #expect(try await findings(root, fstab: line.replacing("%POINT%", with: root) + "\n") == [])
    }

    @Test func `given a filesystem with hardly any room, then its space and inodes are told`() async throws {
        let folder = try TemporaryFolder("disk")
        let disk = try folder.makeFolder("full")
        try #require(
            mount("tmpfs", disk, "tmpfs", 0, "size=256k,nr_inodes=64,mode=0755") == 0,
            "this test needs root (it mounts a tmpfs)")
        defer { umount2(disk, Int32(MNT_DETACH)) }
        #expect(try await findings(disk) == [])
        for index in 0..<62 { #expect(FileManager.default.createFile(atPath: "\(disk)/\(index)", contents: nil)) }
        let handle = try #require(FileHandle(forWritingAtPath: "\(disk)/0"))
        while (try? handle.write(contentsOf: Data(count: 4096))) != nil {}
        try handle.close()
        let found = try await findings(disk)
        #expect(found.contains { $0.severity == .error && $0.problem.contains("0 % of the space") }, "\(found)")
        #expect(found.contains { $0.problem.contains("% of the inodes") }, "\(found)")
    }

    @Test func `given a filesystem that is mounted for reading, then that is an error`() async throws {
        let folder = try TemporaryFolder("disk")
        let disk = try folder.makeFolder("read")
        try #require(
            mount("tmpfs", disk, "tmpfs", UInt(MS_RDONLY), "size=256k,mode=0755") == 0,
            "this test needs root (it mounts a tmpfs)")
        defer { umount2(disk, Int32(MNT_DETACH)) }
        let found = try await findings(disk)
        #expect(found.map(\.severity) == [.error] && found.first?.problem.contains("read-only") == true, "\(found)")
    }

    @Test func `given a root that is missing or a file, then that is an error`() async throws {
        let folder = try TemporaryFolder("disk")
        let file = try folder.write("", to: "file")
        #expect(try await findings(folder.path("missing")).map(\.severity) == [.error])
        #expect(try await findings(file).first?.problem.contains("is no folder") == true)
    }
}
