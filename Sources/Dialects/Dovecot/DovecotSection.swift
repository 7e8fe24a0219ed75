import Directory
import SiteConfiguration

/// One setting of Dovecot's configuration, where it was set.
struct DovecotSetting {
    /// Counts through the whole configuration.
    var id: Int
    var key: String
    /// A file's content for `<file`.
    var bytes: [UInt8]
    /// The file's path, for `<file`.
    var file: String?
    var location: SourceLocation

    var value: String { String(decoding: bytes, as: UTF8.self) }
    var located: Located<String> { Located(value, at: location) }
}

/// A section with its settings and the sections in it; the root has no type.
final class DovecotSection {
    let type: String
    let name: String
    /// `service/imap-login/inet_listener/imap`.
    let path: String
    let location: SourceLocation
    /// The driver that a database's name is, in the form of 1.x.
    var driver: String?
    /// In the order in which they were set: the last of a key counts.
    var settings: [DovecotSetting] = []
    var sections: [DovecotSection] = []

    init(type: String, name: String, in parent: DovecotSection?, location: SourceLocation) {
        self.type = type
        self.name = name
        path = [parent?.path ?? "", type, name].filter { !$0.isEmpty }.joined(separator: "/")
        self.location = location
    }

    func last(_ key: String) -> DovecotSetting? { settings.last { $0.key == key } }

    /// The sections of a type.
    func sections(_ type: String) -> [DovecotSection] { sections.filter { $0.type == type } }

    func section(_ type: String, _ name: String) -> DovecotSection? {
        sections.first { $0.type == type && $0.name == name }
    }

    /// Sections whose settings hold for some connections only.
    var isFilter: Bool { Self.filterTypes.contains(type) }
    static let filterTypes: Set = ["protocol", "local", "remote", "local_name"]

    /// All sections below.
    var descendants: [DovecotSection] { sections.flatMap { [$0] + $0.descendants } }

    /// `namespace inbox`, for messages.
    var title: String { name.isEmpty ? type : "\(type) \(name)" }
}
