import CBlockingShim
import Glibc
package import SiteConfiguration

/// What `serve` does when it is started by root: bind the ports, keep only what is needed to take on an owner's file
/// identity and to bind after a reload, become the service's user, and start afresh in that state.
package enum Privileges {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// To give an owner the folders that only the service may make.
    private static let capChown: UInt64 = 0
    private static let capSetGID: UInt64 = 6
    private static let capSetUID: UInt64 = 7
    private static let capNetBindService: UInt64 = 10

    package static var isRoot: Bool { geteuid() == 0 }

    /// Whether files can be written as any owner.
    package static var canTakeIdentities: Bool {
        let wanted: UInt64 = 1 << capSetUID | 1 << capSetGID
        return postroom_effective_capabilities() & wanted == wanted
    }

    /// Keeps the process's memory from other processes of its user and from core files.
    package static func forbidDumps() {
        _ = postroom_forbid_dumps()
    }

    /// Executed again as /proc/self/exe, the process would be called `exe`, and neither pkill nor an administrator would
    /// find it.
    package static func nameProcess() {
        _ = postroom_name_process("postroom")
    }

    /// Does nothing unless root runs it. Otherwise never returns: the program is executed again as the service's user,
    /// with the same arguments. Must be called before any thread is started.
    package static func drop(for site: SiteModel, arguments: [String], environment: [String: String]) throws {
        guard isRoot else { return }
        let name = site.serviceUser.value
        guard let user = getpwnam(name)?.pointee, user.pw_uid != 0, user.pw_gid != 0 else {
            throw Failure(
                description:
                    "\(site.serviceUser.location): there is no ordinary user called \(name) to serve as — "
                    + "create it (useradd --system --no-create-home \(name)) or set service.user")
        }
        try prepareFolder(site.tls, uid: user.pw_uid, gid: user.pw_gid)
        if site.store.roots.isEmpty, site.keepsMail {
            // What is found out of the directory is kept there; without it only a start during an outage is harder.
            let folder = RootFinder.folder(site)
            makeFolders(folder)
            chown(folder, user.pw_uid, user.pw_gid)
        }
        let queue = QueueFolder.path(site, environment: environment)
        makeFolders(queue)
        guard chown(queue, user.pw_uid, user.pw_gid) == 0, chmod(queue, 0o700) == 0 else {
            throw Failure(
                description: "can't prepare \(queue) for mail that waits: \(String(cString: strerror(errno))) — "
                    + "set outgoing.queue_directory")
        }
        // Without it mail is served all the same.
        let index = IndexFolder.path(site, environment: environment)
        makeFolders(index)
        chown(index, user.pw_uid, user.pw_gid)
        chmod(index, 0o700)
        let runtime = RuntimeFolder.path(site, environment: environment)
        RuntimeFolder.make(runtime)
        // Others must come through to the socket for them.
        chown(runtime, user.pw_uid, user.pw_gid)
        var sockets = BoundSockets()
        for listener in site.joined(toRuntimeFolder: runtime).listeners { try sockets.bindForExecution(listener) }
        let capabilities: UInt64 = 1 << capChown | 1 << capSetUID | 1 << capSetGID | 1 << capNetBindService
        guard postroom_drop_privileges(user.pw_uid, user.pw_gid, capabilities) == 0 else {
            throw Failure(description: "can't become \(name): \(String(cString: strerror(errno)))")
        }
        var environment = environment
        environment[BoundSockets.environmentVariable] = sockets.environmentValue
        environment["HOME"] = "/"
        try execute(arguments, environment)
    }

    /// The folder for a made-up certificate must be the service's own.
    private static func prepareFolder(_ tls: ServerTLSModel, uid: uid_t, gid: gid_t) throws(Failure) {
        guard tls.certificate == nil else { return }
        let path = tls.selfSignedDirectory.value
        makeFolders(path)
        guard chown(path, uid, gid) == 0, chmod(path, 0o700) == 0 else {
            throw Failure(
                description:
                    "\(tls.selfSignedDirectory.location): can't prepare \(path) for the certificate: "
                    + "\(String(cString: strerror(errno))) — set tls.certificate and tls.key, or tls.self_signed_directory"
            )
        }
    }

    private static func makeFolders(_ path: String) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            mkdir(made, 0o755)
        }
    }

    private static func execute(_ arguments: [String], _ environment: [String: String]) throws(Failure) -> Never {
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        execve("/proc/self/exe", argv, envp)
        throw Failure(description: "can't start afresh: \(String(cString: strerror(errno)))")
    }
}
