import LookupTables
package import SiteConfiguration

/// The file that `postroom alias` reads and writes.
package struct AliasFile: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case native
        /// `postfix-virtual.cf`.
        case dockerMailserver
        /// With the type for whose compiled form `postmap` must be run where Postfix still answers from it.
        case postfix(compiledAs: String?)
    }

    package let path: String
    package let kind: Kind

    /// As the program's own command writes it.
    var separator: String { kind == .dockerMailserver ? "," : ", " }

    /// The site's own file of aliases.
    ///
    /// - Parameter key: where several files could hold it, the one that does is taken, else the first.
    package static func find(
        in model: SiteModel, holding key: [UInt8]? = nil, reading read: (String) -> [UInt8]?
    ) throws(AliasFailure) -> AliasFile {
        let files = model.routing.aliases.flatMap(\.textFiles)
        if let file = model.aliasFile {
            guard files.contains(where: { $0.path == file.value || $0.path == "/etc/postfix/virtual" }) else {
                throw AliasFailure(
                    .configuration,
                    "this site's aliases don't come from \(file.value): virtual_alias_maps names no "
                        + "texthash:/etc/postfix/virtual",
                    remedy: "name it there (in user-patches.sh with a directory), or use --directory")
            }
            return AliasFile(path: file.value, kind: .dockerMailserver)
        }
        let own = files.filter(\.isFile)
        let holding = key.flatMap { key in
            own.first { file in
                guard let contents = read(file.path) else { return false }
                return TextHashFile(contents).entry(of: key) != nil
            }
        }
        guard let chosen = holding ?? own.first else {
            throw AliasFailure(
                .configuration, "this site has no file of aliases",
                remedy: """
                    add one to the aliases of its configuration, beside what stands there:
                    aliases:
                      - texthash:/etc/postroom/aliases
                    or change the directory with --directory
                    """)
        }
        guard model.routing.meaning == .postfix else { return AliasFile(path: chosen.path, kind: .native) }
        let isCompiled = CompiledTableFile.suffixes[chosen.type.rawValue] != nil
        return AliasFile(path: chosen.path, kind: .postfix(compiledAs: isCompiled ? chosen.type.rawValue : nil))
    }
}

extension TableModel {
    fileprivate struct TextFile {
        var type: FileTableModel.FileType
        var path: String
        /// False for lines that stand in the configuration.
        var isFile: Bool
    }

    private static let textTypes: Set<FileTableModel.FileType> = [
        .texthash, .hash, .btree, .lmdb, .cdb, .dbm, .sdbm,
    ]

    /// The tables of `key value` lines in it.
    fileprivate var textFiles: [TextFile] {
        switch self {
        case .file(let file) where Self.textTypes.contains(file.type):
            [TextFile(type: file.type, path: file.path.value, isFile: true)]
        case .text(let text) where Self.textTypes.contains(text.type):
            [TextFile(type: text.type, path: text.name, isFile: false)]
        case .union(let members, _): members.flatMap(\.textFiles)
        default: []
        }
    }

    /// The table with these contents in place of those of a file.
    func replacing(_ path: String, with contents: [UInt8]) -> TableModel {
        switch self {
        case .file(let file) where file.path.value == path && Self.textTypes.contains(file.type):
            let lines = contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
                Located(String(decoding: $0, as: UTF8.self), at: file.path.location)
            }
            return .text(TextTableModel(file.type, name: path, lines: Located(lines, at: file.path.location)))
        case .union(let members, let text):
            return .union(members.map { $0.replacing(path, with: contents) }, text: text)
        default: return self
        }
    }
}
