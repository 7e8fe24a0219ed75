import Glibc
import NIOPosix
import SiteConfiguration

/// `postroom demo`: a server on free ports of this machine with the sample directory, and one mail through it.
package enum Demonstration {
    /// - Parameters:
    ///   - keepsServing: go on until SIGINT or SIGTERM, so that a mail program can be tried.
    ///   - show: prints one piece of the story.
    package static func run(
        keepsServing: Bool, isColoured: Bool, show: @escaping @Sendable (String) -> Void
    ) async throws {
        let folder = try DemoFolder()
        defer { folder.remove() }
        let configuration = try folder.prepare()
        let loaded = try SiteLoader.load(configuration, environment: ProcessEnvironment.current)
        SiteLogging.bootstrap(loaded.model.log)
        try await Server.withRunning(
            loaded.model, queueDirectory: "\(folder.path)/spool", indexDirectory: "\(folder.path)/index"
        ) { server in
            let story = DemoStory(server: server, isColoured: isColoured, show: show)
            try await story.tell(configuration: configuration)
            guard keepsServing else { return }
            story.tellHowToConnect(configuration: configuration)
            await server.waitForSignal()
        }
    }
}

/// The folder that the demo lives in, gone afterwards.
struct DemoFolder {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let path: String

    init() throws {
        let parent = ProcessEnvironment.current["TMPDIR"] ?? "/tmp"
        var template = Array("\(parent)/postroom-demo.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(description: "no folder can be made in \(parent): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Writes the site and returns its configuration's path. Mail belongs to whoever runs the demo; to an unprivileged
    /// uid when that is root.
    func prepare() throws -> String {
        let owner: (uid: UInt32, gid: UInt32) = geteuid() == 0 ? (65534, 65534) : (geteuid(), getegid())
        try makeFolder("\(path)/mail")
        guard chown("\(path)/mail", owner.uid, owner.gid) == 0, chmod(path, 0o755) == 0 else {
            throw Failure(description: "\(path): \(String(cString: strerror(errno)))")
        }
        try write(DemoSite.directory + "\n", to: "\(path)/directory.ldif")
        let configuration = "\(path)/postroom.yaml"
        try write(
            DemoSite.configuration(folder: path, owner: "\(owner.uid):\(owner.gid)") + "\n", to: configuration)
        return configuration
    }

    func remove() {
        Self.remove(path)
    }

    /// Links are removed, not followed.
    private static func remove(_ path: String) {
        guard unlink(path) != 0, let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { remove("\(path)/\(name)") }
        }
        closedir(directory)
        rmdir(path)
    }

    private func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 else {
            throw Failure(description: "\(path): \(String(cString: strerror(errno)))")
        }
    }

    private func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else {
            throw Failure(description: "\(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        guard fputs(text, file) >= 0 else { throw Failure(description: "\(path) can't be written") }
    }
}
