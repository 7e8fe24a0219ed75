/// The files that another program's configuration consists of, under the paths by which that program knows them: a folder
/// of this machine may stand for another path (`--map /var/mail=/srv/mail`), and a text may stand for a file that a
/// start-up script would have written.
package struct ConfigurationFiles: Sendable {
    /// How this machine's files are read. Blocks.
    package struct Host: Sendable {
        /// A whole file; nil when it can't be read.
        package var read: @Sendable (_ path: String) -> [UInt8]?
        /// The names in a folder, in order; nil when there is none.
        package var list: @Sendable (_ path: String) -> [String]?

        package init(
            read: @escaping @Sendable (_ path: String) -> [UInt8]?,
            list: @escaping @Sendable (_ path: String) -> [String]?
        ) {
            self.read = read
            self.list = list
        }
    }

    private let host: Host
    /// The program's folder → this machine's folder.
    package private(set) var places: [(path: String, hostPath: String)] = []
    /// Composed texts; nil for a file that was removed.
    private var texts: [String: SourceText?] = [:]

    package init(_ host: Host) {
        self.host = host
    }

    /// `path`, a folder or a file of the program, is `hostPath` here. The longest fitting path counts; of equal ones the
    /// later.
    package mutating func place(_ path: String, at hostPath: String) {
        places.append((Self.normalized(path), Self.normalized(hostPath)))
    }

    /// The file at `text.path` is this text from now on.
    package mutating func put(_ text: SourceText) {
        texts[Self.normalized(text.path)] = text
    }

    package mutating func remove(_ path: String) {
        texts.updateValue(nil, forKey: Self.normalized(path))
    }

    /// Where a path of the program lies on this machine.
    package func hostPath(_ path: String) -> String {
        let path = Self.normalized(path)
        var best: (length: Int, hostPath: String)?
        for place in places where (best?.length ?? -1) <= place.path.utf8.count {
            if path == place.path {
                best = (place.path.utf8.count, place.hostPath)
            } else if place.path == "/" {
                best = (1, place.hostPath + path)
            } else if path.hasPrefix(place.path + "/") {
                best = (place.path.utf8.count, place.hostPath + path.dropFirst(place.path.count))
            }
        }
        return best?.hostPath ?? path
    }

    /// Whether some `place` says where the path lies.
    package func isPlaced(_ path: String) -> Bool {
        let path = Self.normalized(path)
        return places.contains { path == $0.path || $0.path == "/" || path.hasPrefix($0.path + "/") }
    }

    package func text(_ path: String) -> SourceText? {
        let path = Self.normalized(path)
        if let text = texts[path] { return text }
        let hostPath = hostPath(path)
        return host.read(hostPath).map { SourceText(path: path, contents: $0, hostPath: hostPath) }
    }

    /// A file of this machine by its own path.
    func read(host path: String) -> [UInt8]? { host.read(path) }

    /// The first of several files that is there.
    package func text(firstOf paths: [String]) -> SourceText? {
        for path in paths {
            if let text = text(path) { return text }
        }
        return nil
    }

    package func exists(_ path: String) -> Bool { text(path) != nil }

    /// Whether this machine has the folder, be it empty.
    func hasFolder(_ path: String) -> Bool { host.list(hostPath(path)) != nil }

    /// The names in a folder, composed files included.
    package func names(in folder: String) -> [String] {
        let folder = Self.normalized(folder)
        var names = Set(host.list(hostPath(folder)) ?? [])
        for (path, text) in texts {
            guard let slash = path.lastIndex(of: "/"), path[..<slash] == folder else { continue }
            let name = String(path[path.index(after: slash)...])
            if text == nil { names.remove(name) } else { names.insert(name) }
        }
        return names.sorted()
    }

    /// Without doubled slashes, `.` and a slash at the end.
    private static func normalized(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }
}
