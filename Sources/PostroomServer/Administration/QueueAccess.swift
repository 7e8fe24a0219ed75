import Blocking
import Delivery
import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix
import Net
package import SiteConfiguration
import Spool

/// The way of `postroom queue` to the queue: the server that runs, or the files of one that does not.
package struct QueueAccess: Sendable {
    package enum Fault: Error, Hashable, CustomStringConvertible {
        case noPermission(String)
        case unavailable(String)

        package var description: String {
            switch self {
            case .noPermission(let text), .unavailable(let text): text
            }
        }
    }

    private enum Way: Sendable {
        case server(LineConnection)
        case files(StoppedQueue, BlockingPool)
    }

    private let way: Way

    /// Whether a server answers; without one nothing is delivered now.
    package var isServed: Bool { if case .server = way { true } else { false } }

    /// Octets of one line of an answer: a message with a thousand recipients, and the longest reasons.
    private static let lineLimit = 8 << 20
    private static let timeout = TimeAmount.minutes(5)

    /// - Parameter model: nil where the configuration can't be read: the machine's own server is asked then.
    package static func open(_ model: SiteModel?, environment: [String: String]) async throws(Fault) -> QueueAccess {
        let folder = model.map { RuntimeFolder.path($0, environment: environment) } ?? RuntimeFolder.system
        let socket = "\(folder)/\(RuntimeFolder.administrationSocket)"
        if access(socket, F_OK) == 0 || errno == EACCES {
            guard access(socket, W_OK) == 0 || errno == ENOENT else {
                throw .noPermission("\(socket): only root and the service's user may manage the queue")
            }
            if let connection = try? await LineConnection(
                to: .unix(path: socket), lineLimit: lineLimit, group: .singleton)
            {
                return QueueAccess(way: .server(connection))
            }
        }
        guard let model else { throw .unavailable("no server answers at \(socket), and there is no configuration") }
        return try await files(QueueFolder.path(model, environment: environment), socket)
    }

    private static func files(_ folder: String, _ socket: String) async throws(Fault) -> QueueAccess {
        var status = stat()
        guard stat("\(folder)/messages", &status) == 0 else {
            let reason = String(cString: strerror(errno))
            let text = "no server answers at \(socket), and there is no queue in \(folder): \(reason)"
            if errno == EACCES { throw .noPermission(text) }
            throw .unavailable(text)
        }
        // What is written must stay the service's: root works as its user from here on.
        if geteuid() == 0, status.st_uid != 0 {
            guard setgroups(0, nil) == 0, setgid(status.st_gid) == 0, setuid(status.st_uid) == 0 else {
                throw .unavailable("can't work as the owner of \(folder): \(String(cString: strerror(errno)))")
            }
        }
        let pool = BlockingPool(name: "spool", threads: 4)
        do throws(SpoolFailure) {
            let spool = try await MessageSpool.open(SpoolOptions(path: Array(folder.utf8)), pool: pool)
            return QueueAccess(way: .files(StoppedQueue(spool: spool), pool))
        } catch {
            throw .unavailable(
                error.kind == .busy ? "\(error); it does not answer at \(socket)" : error.description)
        }
    }

    /// Asks, and hands over the lines of the answer as they come.
    package func ask(_ request: QueueRequest, _ body: (QueueLine) throws -> Void) async throws {
        switch way {
        case .files(let queue, _):
            var run = QueueRequestRun(request, queue)
            while !run.isDone { for line in await run.next() { try body(line) } }
        case .server(let connection):
            var line = ByteBuffer(bytes: Array(try JSONEncoder().encode(request)))
            line.writeInteger(UInt8(0x0A))
            try await connection.send(line, timeout: Self.timeout)
            while true {
                let bytes = try await connection.line(timeout: Self.timeout)
                let answer = try JSONDecoder().decode(QueueLine.self, from: Data(bytes))
                try body(answer)
                if answer.end != nil || answer.error != nil { return }
            }
        }
    }

    package func close() async {
        switch way {
        case .server(let connection): await connection.close()
        case .files(let queue, let pool):
            await queue.spool.close()
            await pool.shutDown()
        }
    }
}
