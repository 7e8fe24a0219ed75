import Directory
import SiteConfiguration

/// What a compose file says of docker-mailserver's container: its variables, its name, and which of this machine's folders
/// it sees where.
struct ComposeService {
    struct Volume {
        var path: String
        /// nil: a volume that Docker keeps in its own store.
        var hostPath: String?
        var location: SourceLocation
    }

    /// `environment:`; a nil value is the process's own.
    var variables: [(name: Located<String>, value: Located<String>?)] = []
    var environmentFiles: [(path: Located<String>, isRequired: Bool)] = []
    var hostname: Located<String>?
    var domainname: Located<String>?
    var volumes: [Volume] = []
    var ports: [Located<String>] = []
    var name: Located<String>

    private let folder: String
    private let home: String?

    /// The service of docker-mailserver in a document; nil when there is none.
    init?(_ root: ComposeNode, folder: String, home: String?, named: String? = nil) {
        let services = root["services"]?.entries ?? []
        guard let service = Self.choose(services, named: named) else { return nil }
        self.folder = folder
        self.home = home
        name = service.key
        read(service.value, secrets: root["secrets"], configs: root["configs"])
    }

    private static func choose(_ services: [ComposeNode.Entry], named: String?) -> ComposeNode.Entry? {
        if let named { return services.first { $0.key.value == named } }
        return services.first { ($0.value["image"]?.scalar?.value ?? "").contains("docker-mailserver") }
            ?? services.first { ["mailserver", "docker-mailserver"].contains($0.key.value) }
            ?? services.first {
                ["mailserver", "docker-mailserver"].contains($0.value["container_name"]?.scalar?.value ?? "")
            }
            ?? (services.count == 1 ? services.first : nil)
    }

    private mutating func read(_ service: ComposeNode, secrets: ComposeNode?, configs: ComposeNode?) {
        readEnvironment(service["environment"])
        hostname = service["hostname"]?.scalar
        domainname = service["domainname"]?.scalar
        for element in Self.listed(service["env_file"]) {
            if let path = element.scalar {
                environmentFiles.append((path.map { HostPath.resolved($0, in: folder, home: home) }, true))
            } else if let path = element["path"]?.scalar {
                let isRequired = element["required"]?.scalar?.value != "false"
                environmentFiles.append((path.map { HostPath.resolved($0, in: folder, home: home) }, isRequired))
            }
        }
        for element in Self.listed(service["volumes"]) { readVolume(element) }
        for element in Self.listed(service["secrets"]) { readMounted(element, of: secrets, in: "/run/secrets/") }
        for element in Self.listed(service["configs"]) { readMounted(element, of: configs, in: "/") }
        for element in Self.listed(service["ports"]) {
            if let port = element.scalar {
                ports.append(port)
            } else if let target = element["target"]?.scalar {
                let published = element["published"]?.scalar?.value ?? ""
                ports.append(Located("\(published):\(target.value)", at: target.location))
            }
        }
    }

    private static func listed(_ node: ComposeNode?) -> [ComposeNode] {
        node?.elements ?? (node?.scalar != nil ? [node].compactMap(\.self) : [])
    }

    private mutating func readEnvironment(_ node: ComposeNode?) {
        for element in node?.elements ?? [] {
            guard let text = element.scalar else { continue }
            guard let equals = text.value.firstIndex(of: "=") else {
                variables.append((text, nil))
                continue
            }
            let value = String(text.value[text.value.index(after: equals)...])
            variables.append((text.map { String($0[..<equals]) }, Located(value, at: text.location)))
        }
        for entry in node?.entries ?? [] {
            variables.append((entry.key, entry.value.scalar.map { Located($0.value, at: entry.key.location) }))
        }
    }

    /// `SOURCE:TARGET[:MODE]`, or a mapping.
    private mutating func readVolume(_ node: ComposeNode) {
        if let text = node.scalar {
            let parts = text.value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard parts.count >= 2 else {
                volumes.append(Volume(path: text.value, hostPath: nil, location: text.location))
                return
            }
            volumes.append(Volume(path: parts[1], hostPath: bound(parts[0]), location: text.location))
        } else if let target = node["target"]?.scalar {
            let isBind = (node["type"]?.scalar?.value ?? "volume") == "bind"
            let source = node["source"]?.scalar?.value
            volumes.append(
                Volume(
                    path: target.value,
                    hostPath: isBind ? source.map { HostPath.resolved($0, in: folder, home: home) } : nil,
                    location: target.location))
        }
    }

    /// A source that is a path; a bare word is a volume's name.
    private func bound(_ source: String) -> String? {
        guard let first = source.first, "/.~".contains(first) else { return nil }
        return HostPath.resolved(source, in: folder, home: home)
    }

    /// A secret or config of the document whose content is a file of this machine.
    private mutating func readMounted(_ node: ComposeNode, of declared: ComposeNode?, in base: String) {
        guard let source = node.scalar ?? node["source"]?.scalar,
            let file = declared?[source.value]?["file"]?.scalar
        else { return }
        let target = node["target"]?.scalar?.value ?? source.value
        volumes.append(
            Volume(
                path: target.hasPrefix("/") ? target : base + target,
                hostPath: HostPath.resolved(file.value, in: folder, home: home), location: source.location))
    }

    /// What a second document (compose.override.yaml) says over this one.
    mutating func merge(_ other: ComposeService) {
        variables += other.variables
        environmentFiles += other.environmentFiles
        hostname = other.hostname ?? hostname
        domainname = other.domainname ?? domainname
        volumes += other.volumes
        ports += other.ports
    }
}
