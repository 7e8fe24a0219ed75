import Directory
import SiteConfiguration

/// What a container of docker-mailserver is started with.
struct ContainerSetup {
    var environment = MailserverEnvironment()
    /// `hostname:` and `domainname:` together, as `hostname -f` has it.
    var hostname: Located<String>?
    var ports: [Located<String>] = []
    /// Volumes whose place on this machine only Docker knows.
    var unplacedVolumes: [ComposeService.Volume] = []
    /// Whether the process's own environment is the container's: its files are this machine's then.
    var isInsideContainer = false

    /// Where docker-mailserver sees its config volume.
    static let configurationFolder = "/tmp/docker-mailserver"

    /// - Parameter path: a folder, an env file, a compose file, or `env`.
    /// - Returns: nil when nothing can be read; `draft` says why.
    static func read(
        _ path: String, maps: [(path: String, hostPath: String)], into draft: inout SiteDraft
    ) -> ContainerSetup? {
        var setup = ContainerSetup()
        if path == "env" {
            setup.takeEnvironment(of: draft)
            setup.isInsideContainer = true
            if !draft.files.isPlaced(configurationFolder) {
                draft.files.place(configurationFolder, at: configurationFolder)
            }
        } else {
            let path = HostPath.resolved(path, in: draft.environment["PWD"] ?? ".", home: draft.environment["HOME"])
            guard setup.readFiles(path, &draft) else { return nil }
        }
        // What the command line maps counts before what a compose file says.
        for map in maps { draft.files.place(map.path, at: map.hostPath) }
        setup.readSecretFiles(&draft)
        return setup
    }

    private mutating func takeEnvironment(of draft: SiteDraft) {
        for (name, value) in draft.environment.sorted(by: { $0.key < $1.key }) where MailserverVariables.isKnown(name) {
            environment.set(name, Located(value, at: .environmentVariable(name)))
        }
    }

    private static let composeNames = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"]
    private static let overrideNames = [
        "compose.override.yaml", "compose.override.yml", "docker-compose.override.yaml", "docker-compose.override.yml",
    ]

    private mutating func readFiles(_ path: String, _ draft: inout SiteDraft) -> Bool {
        if path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
            return readCompose([path], in: HostPath.folder(of: path), &draft)
        }
        if let text = draft.files.text(path) {
            readEnvironmentFile(text, &draft)
            placeConfiguration(beside: HostPath.folder(of: path), &draft)
            placeMail(beside: HostPath.folder(of: path), &draft)
            return true
        }
        let names = draft.files.names(in: path)
        if let compose = Self.composeNames.first(where: names.contains) {
            let override = Self.overrideNames.first(where: names.contains)
            return readCompose(([compose] + [override].compactMap(\.self)).map { path + "/" + $0 }, in: path, &draft)
        }
        if let text = draft.files.text(path + "/mailserver.env") {
            readEnvironmentFile(text, &draft)
            placeConfiguration(beside: path, &draft)
            placeMail(beside: path, &draft)
            return true
        }
        draft.error(
            at: SourceLocation(file: path), "holds neither a compose file nor mailserver.env",
            remedy: "name the folder or the file: dms:/srv/mail/compose.yaml; dms:env takes the process's environment")
        return false
    }

    /// Compose merges an override file into the first (docs.docker.com, "Merge Compose files").
    private mutating func readCompose(_ paths: [String], in folder: String, _ draft: inout SiteDraft) -> Bool {
        var variables = draft.environment
        if let text = draft.files.text(folder + "/.env") {
            let file = EnvironmentFile(text, inherited: draft.environment)
            for fault in file.faults { draft.add(fault) }
            for entry in file.entries where variables[entry.name] == nil { variables[entry.name] = entry.value }
        }
        var service: ComposeService?
        for path in paths {
            guard let text = draft.files.text(path) else {
                draft.error(at: SourceLocation(file: path), "can't be read", remedy: "name a compose file")
                return false
            }
            let document = ComposeDocument(text, variables: variables)
            for fault in document.faults { draft.add(fault) }
            guard let root = document.root else { return false }
            let home = draft.environment["HOME"]
            let found = ComposeService(root, folder: folder, home: home, named: service?.name.value)
            if let found {
                if service == nil { service = found } else { service?.merge(found) }
            } else if service == nil {
                draft.error(
                    at: SourceLocation(file: path), "has no service whose image is docker-mailserver",
                    remedy: "name the compose file that has it")
                return false
            }
        }
        guard let service else { return false }
        take(service, &draft)
        place(service.volumes, &draft)
        placeConfiguration(beside: folder, &draft)
        return true
    }

    private mutating func take(_ service: ComposeService, _ draft: inout SiteDraft) {
        for file in service.environmentFiles {
            if let text = draft.files.text(file.path.value) {
                readEnvironmentFile(text, &draft)
            } else if file.isRequired {
                draft.error(
                    at: file.path.location, "env_file \(file.path.value) can't be read",
                    remedy: "put it there, or remove it")
            }
        }
        for variable in service.variables {
            set(variable.name.value, variable.value, at: variable.name.location, draft)
        }
        ports = service.ports
        hostname = service.hostname.map { name in
            guard !name.value.contains("."), let domain = service.domainname else { return name }
            return name.map { "\($0).\(domain.value)" }
        }
    }

    private mutating func readEnvironmentFile(_ text: SourceText, _ draft: inout SiteDraft) {
        let file = EnvironmentFile(text, inherited: draft.environment)
        for fault in file.faults { draft.add(fault) }
        for entry in file.entries {
            set(entry.name, entry.value.map { Located($0, at: entry.location) }, at: entry.location, draft)
        }
    }

    /// A name without a value takes the process's; without one there, the container has none.
    private mutating func set(
        _ name: String, _ value: Located<String>?, at location: SourceLocation, _ draft: SiteDraft
    ) {
        if let value = value ?? draft.environment[name].map({ Located($0, at: location) }) {
            environment.set(name, value)
        }
    }

    /// A place that the command line gave to the same path counts before a volume.
    private mutating func place(_ volumes: [ComposeService.Volume], _ draft: inout SiteDraft) {
        let mapped = Set(draft.files.places.map(\.path))
        for volume in volumes where !mapped.contains(HostPath.resolved(volume.path, in: "/", home: nil)) {
            if let hostPath = volume.hostPath {
                draft.files.place(volume.path, at: hostPath)
            } else {
                unplacedVolumes.append(volume)
            }
        }
    }

    /// Without a volume for it, the folder that docker-mailserver's documentation has beside the compose file.
    private func placeConfiguration(beside folder: String, _ draft: inout SiteDraft) {
        guard !draft.files.isPlaced(Self.configurationFolder) else { return }
        for candidate in ["docker-data/dms/config", "config"] {
            let path = folder + "/" + candidate
            guard draft.files.hasFolder(path) else { continue }
            draft.files.place(Self.configurationFolder, at: path)
            return
        }
    }

    /// Beside an env file alone, the folder that the documentation has for mail.
    private func placeMail(beside folder: String, _ draft: inout SiteDraft) {
        let path = folder + "/docker-data/dms/mail-data"
        guard !draft.files.isPlaced("/var/mail"), !draft.files.names(in: path).isEmpty else { return }
        draft.files.place("/var/mail", at: path)
    }

    /// `NAME__FILE` names a file that holds NAME, unless NAME is set.
    private mutating func readSecretFiles(_ draft: inout SiteDraft) {
        for name in environment.names {
            guard let marker = name.firstRange(of: "__FILE"), let path = environment.nonEmpty(name) else { continue }
            let target = name.replacingCharacters(in: marker, with: "")
            guard environment.nonEmpty(target) == nil else {
                draft.warning(
                    at: path.location, "\(name) is not read, since \(target) is set", remedy: "keep one of them")
                continue
            }
            guard isInsideContainer || draft.files.isPlaced(path.value), let text = draft.files.text(path.value) else {
                draft.error(
                    at: path.location, "\(name): \(path.value) can't be read",
                    remedy: "say where it lies on this machine: --map \(path.value)=FILE")
                continue
            }
            var value = String(decoding: text.bytes, as: UTF8.self)
            while value.last == "\n" { value.removeLast() }
            environment.set(target, Located(value, at: text.location(line: 1)))
        }
    }
}
