import CBlockingShim
import Glibc

extension MailRoots {
    enum Opening {
        case opened(DirectoryHandle)
        case failed(Int32)
    }

    /// In one call of the kernel, which refuses every link and every way out.
    static func openBelow(_ root: DirectoryHandle, _ components: [[UInt8]], path: [UInt8]) -> Opening {
        let relative = components.joined(separator: [UInt8(ascii: "/")]) + [0]
        for _ in 0..<16 {
            let result = relative.withUnsafeBufferPointer { buffer -> Int32 in
                guard let base = buffer.baseAddress else { return -EINVAL }
                return cblocking_openat2(
                    root.descriptor, base, UInt64(O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0,
                    cblocking_resolve_below_without_links)
            }
            // EAGAIN: a rename went on elsewhere in the tree (openat2(2)).
            if result == -EINTR || result == -EAGAIN { continue }
            return result >= 0 ? .opened(DirectoryHandle(descriptor: result, path: path)) : .failed(-result)
        }
        return .failed(EAGAIN)
    }

    /// A handle for reading from one that only names the directory.
    static func openSelf(_ directory: DirectoryHandle, path: [UInt8]) -> Opening {
        let result = ([0x2E, 0] as [UInt8]).withUnsafeBufferPointer { buffer -> Int32 in
            guard let base = buffer.baseAddress else { return -EINVAL }
            return cblocking_openat(directory.descriptor, base, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        }
        return result >= 0 ? .opened(DirectoryHandle(descriptor: result, path: path)) : .failed(-result)
    }

    /// A handle that only names a directory: for walking through ones that may be entered but not read.
    static func openPath(_ name: [UInt8], in parent: DirectoryHandle) throws(SystemCallError) -> DirectoryHandle {
        let result = try parent.call("open", name) {
            cblocking_open_path(parent.descriptor, $0, 0)
        }
        return DirectoryHandle(descriptor: result, path: parent.path(of: name))
    }
}

/// Goes down a path one component at a time, and through links whose targets are below a root again.
struct RootWalk {
    /// How far it came.
    struct Result {
        /// The deepest directory that exists; may only name it (`O_PATH`).
        var directory: DirectoryHandle
        /// The components below it, of which the first does not exist.
        var missing: [[UInt8]]
    }

    private let roots: MailRoots
    private let path: [UInt8]
    private var directory: DirectoryHandle
    /// Where `directory` is, by components that are no links.
    private var position: [[UInt8]]
    private var rest: ArraySlice<[UInt8]>
    private var links = 0

    init(_ roots: MailRoots, path: [UInt8], root: MailRoots.Root, rest: [[UInt8]]) {
        self.roots = roots
        self.path = path
        self.directory = root.handle
        self.position = PathComponents.split(root.resolved)
        self.rest = rest[...]
    }

    consuming func run() throws(PathFailure) -> Result {
        while let name = rest.first {
            do throws(SystemCallError) {
                directory = try MailRoots.openPath(name, in: directory)
            } catch  where error.isMissing {
                return Result(directory: directory, missing: Array(rest))
            } catch {
                // A link is ENOTDIR (or ELOOP) here; so is a file, which readlink tells apart.
                guard error.number == ENOTDIR || error.number == ELOOP, let target = readLink(name) else {
                    throw PathFailure(path, .system(error))
                }
                try follow(name, target)
                continue
            }
            position.append(name)
            rest = rest.dropFirst()
        }
        return Result(directory: directory, missing: [])
    }

    private func readLink(_ name: [UInt8]) -> [UInt8]? {
        var target = [UInt8](repeating: 0, count: MailRoots.maximumPathLength + 1)
        let size = target.count
        let count = (name + [0]).withUnsafeBufferPointer { buffer -> Int64 in
            guard let base = buffer.baseAddress else { return -1 }
            return cblocking_readlinkat(directory.descriptor, base, &target, size)
        }
        return count > 0 && count < Int64(size) ? Array(target.prefix(Int(count))) : nil
    }

    /// Starts again at the root that the link's target is in, with what was left behind the link.
    private mutating func follow(_ name: [UInt8], _ target: [UInt8]) throws(PathFailure) {
        links += 1
        guard links <= MailRoots.maximumLinks else { throw PathFailure(path, .tooManyLinks) }
        // `position` holds no links, so `..` in a relative target means the component before.
        var components = target.first == UInt8(ascii: "/") ? [] : position
        for component in PathComponents.split(target) {
            if component == [0x2E, 0x2E] {
                _ = components.popLast()
            } else {
                components.append(component)
            }
        }
        guard let (root, below) = roots.match(components) else {
            let link = PathComponents.join(position + [name])
            throw PathFailure(path, .linkOutside(link: link, target: target))
        }
        rest = (below + rest.dropFirst())[...]
        directory = root.handle
        position = PathComponents.split(root.resolved)
    }
}
