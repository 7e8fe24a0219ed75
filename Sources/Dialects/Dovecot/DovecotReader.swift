import Directory
import SiteConfiguration

/// Reads dovecot.conf with all that it includes: files → sections. What Dovecot would refuse is told as a fault, and
/// reading goes on behind it.
struct DovecotReader {
    private static let maximumDepth = 20
    private static let maximumLines = 200_000
    /// Of all lines that are read, and of one value.
    private static let maximumBytes = 16 << 20
    private static let maximumValue = 65_536
    private static let maximumSectionDepth = 20

    let root: DovecotSection
    private(set) var isVersion24 = false
    /// Patterns of `!include_try` that no file fits.
    private(set) var missingIncludes: [String] = []
    private var nextID = 0
    /// Lines read, and files opened for them.
    private var lineCount = 0
    private var byteCount = 0
    private var openFiles: [String] = []
    /// Settings' built-in values, for `$name`.
    private let defaults: [String: String]

    init(_ file: SourceText, defaults: [String: String], _ draft: inout SiteDraft) {
        root = DovecotSection(type: "", name: "", in: nil, location: SourceLocation(file: file.hostPath ?? file.path))
        self.defaults = defaults
        read(file, &draft)
    }

    private mutating func read(_ file: SourceText, _ draft: inout SiteDraft) {
        var stack: [DovecotSection] = [root]
        readLines(file, &stack, &draft)
        if !isVersion24 { DovecotOlderForms.modernize(root) }
    }

    private mutating func readLines(_ file: SourceText, _ stack: inout [DovecotSection], _ draft: inout SiteDraft) {
        let depth = stack.count
        openFiles.append(file.path)
        defer { openFiles.removeLast() }
        var gathered: [UInt8] = []
        var start: SourceLocation?
        for line in file.lines {
            lineCount += 1
            byteCount += line.bytes.count
            guard lineCount <= Self.maximumLines, byteCount <= Self.maximumBytes else {
                draft.error(
                    at: line.location,
                    "the configuration has over \(Self.maximumLines) lines, or \(Self.maximumBytes >> 20) MiB",
                    remedy: "let files include each other once")
                return
            }
            guard line.bytes.count + gathered.count <= 65_536 else {
                draft.error(at: line.location, "a line of over 65536 octets")
                gathered = []
                continue
            }
            // Dovecot takes what stands before a NUL for the line, or for the value.
            guard !line.bytes.contains(0) else {
                draft.error(at: line.location, "this line holds a NUL", remedy: "write it anew")
                gathered = []
                continue
            }
            let syntax: DovecotLine.Syntax = isVersion24 ? .version24 : .version23
            let parsed = DovecotLine(line.bytes, after: gathered, syntax: syntax)
            if case .continued(let bytes) = parsed {
                start = start ?? line.location
                gathered = bytes
                continue
            }
            if case .nothing = parsed, !gathered.isEmpty {
                draft.warning(
                    at: start ?? line.location,
                    "Dovecot drops this: an empty line or a comment stands inside a continued line",
                    remedy: "remove that line")
            }
            // A continued line is told at its beginning.
            let location = gathered.isEmpty ? line.location : start ?? line.location
            gathered = []
            start = nil
            perform(parsed, at: location, in: file, base: depth, &stack, &draft)
        }
        if !gathered.isEmpty, let start {
            draft.warning(
                at: start, "Dovecot drops this: the file ends inside a continued line",
                remedy: "remove the last backslash")
        }
        while stack.count > depth, let open = stack.popLast() {
            draft.error(at: open.location, "section \(open.title) is not closed", remedy: "add \"}\"")
        }
    }

    private mutating func perform(
        _ line: DovecotLine, at location: SourceLocation, in file: SourceText, base: Int,
        _ stack: inout [DovecotSection], _ draft: inout SiteDraft
    ) {
        guard let current = stack.last else { return }
        switch line {
        case .nothing, .continued: break
        case .fault(let reason): draft.error(at: location, reason, remedy: "NAME = VALUE, SECTION [NAME] { or }")
        case .end:
            if stack.count > base {
                stack.removeLast()
            } else {
                draft.error(at: location, "unexpected \"}\"", remedy: "no section is open here")
            }
        case .emptySection(let type, let name): _ = section(type, name, in: current, at: location, &draft)
        case .begin(let type, let name):
            guard stack.count < Self.maximumSectionDepth else {
                draft.error(at: location, "sections are nested too deeply")
                return
            }
            stack.append(section(type, name, in: current, at: location, &draft))
        case .include(let pattern, let isOptional):
            include(pattern, isOptional, at: location, from: file, &stack, &draft)
        case .setting(let key, let value): set(key, value, at: location, file, stack, &draft)
        }
    }

    /// The section that a line opens: the one of the same name goes on.
    private func section(
        _ type: String, _ name: String, in parent: DovecotSection, at location: SourceLocation, _ draft: inout SiteDraft
    ) -> DovecotSection {
        let isList = ["passdb", "userdb"].contains(type)
        let standsAlone = name.isEmpty && (isList || type == "namespace" || type == "inet_listener")
        if !standsAlone, let known = parent.section(type, name) {
            if isList, !isVersion24 {
                draft.error(
                    at: location, "\(type) \(name) is there already, at \(known.location)",
                    remedy: "give it another name, or none")
            }
            return known
        }
        let section = DovecotSection(type: type, name: name, in: parent, location: location)
        parent.sections.append(section)
        return section
    }

    // MARK: Settings

    private mutating func set(
        _ key: String, _ value: DovecotLine.Value, at location: SourceLocation, _ file: SourceText,
        _ stack: [DovecotSection], _ draft: inout SiteDraft
    ) {
        guard var section = stack.last else { return }
        var key = key
        guard !key.isEmpty else {
            draft.error(at: location, "the name of the setting is missing", remedy: "NAME = VALUE")
            return
        }
        // "plugin/quota_rule", "service/imap-login/inet_listener/imap/port".
        var path = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if section === root, path.count > 1, path.count <= 8, let last = path.popLast() {
            key = last
            while !path.isEmpty {
                let type = path.removeFirst()
                let hasName = type != "plugin" && !path.isEmpty
                section = self.section(type, hasName ? path.removeFirst() : "", in: section, at: location, &draft)
            }
        }
        if key == "dovecot_config_version", section === root {
            isVersion24 = true
        }
        var setting = DovecotSetting(id: nextID, key: key, bytes: [], file: nil, location: location)
        nextID += 1
        switch value {
        case .quoted(let bytes): setting.bytes = bytes
        case .text(let bytes):
            guard let expanded = expand(bytes, of: key, stack, at: location, &draft) else { return }
            setting.bytes = expanded
        case .file(let name):
            let path = absolute(name, from: file.path)
            guard let content = draft.files.text(path) else {
                draft.error(
                    at: location, "\(key): \(draft.files.hostPath(path)) can't be read",
                    remedy: "name a file that is there")
                return
            }
            setting.file = path
            setting.bytes = content.bytes
        }
        section.settings.append(setting)
    }

    /// Words that begin with `$` stand for a setting's value so far; those in the same filter go before the global ones.
    private func expand(
        _ bytes: [UInt8], of key: String, _ stack: [DovecotSection], at location: SourceLocation,
        _ draft: inout SiteDraft
    ) -> [UInt8]? {
        guard bytes.contains(UInt8(ascii: "$")) else { return bytes }
        var words: [[UInt8]] = []
        // Blanks between the words come to one.
        for word in bytes.split(separator: 0x20) {
            guard word.first == UInt8(ascii: "$") else {
                words.append(Array(word))
                continue
            }
            var name = String(decoding: word.dropFirst(), as: UTF8.self)
            if name.hasPrefix("ENV:") {
                words.append(Array((draft.environment[String(name.dropFirst(4))] ?? "").utf8))
                continue
            }
            if isVersion24, name.hasPrefix("SET:") { name = String(name.dropFirst(4)) }
            let filters = stack.reversed().filter { $0.isFilter || $0 === root }
            if let setting = filters.lazy.compactMap({ $0.last(name) }).first {
                words.append(setting.bytes)
            } else if let text = defaults[name] {
                words.append(Array(text.utf8))
            } else {
                // A password may begin with a dollar sign.
                let shown = SiteDraft.isSecret(key) ? "\(key): a word that begins with $" : "$\(name)"
                draft.error(
                    at: location, "\(shown) is no setting", remedy: "name a setting, or write the value in quotes")
                return nil
            }
        }
        // `name = $name $name`, again and again, doubles with each line.
        guard words.reduce(0, { $0 + $1.count }) <= Self.maximumValue else {
            draft.error(
                at: location, "\(key): grows beyond \(Self.maximumValue) octets when it is expanded",
                remedy: "write the value out, or name other settings less often")
            return nil
        }
        return Array(words.joined(separator: [0x20]))
    }

    // MARK: Includes

    private mutating func include(
        _ pattern: String, _ isOptional: Bool, at location: SourceLocation, from file: SourceText,
        _ stack: inout [DovecotSection], _ draft: inout SiteDraft
    ) {
        let path = absolute(pattern, from: file.path)
        let files: [String]
        do throws(DovecotGlob.Fault) {
            files = try DovecotGlob.paths(path, draft.files)
        } catch {
            draft.error(at: location, "!include: \(pattern): \(error.text)", remedy: "name fewer files")
            return
        }
        if files.isEmpty {
            guard isOptional else {
                draft.error(
                    at: location, "!include: no file fits \(draft.files.hostPath(path))",
                    remedy: "name files that are there, or use !include_try")
                return
            }
            missingIncludes.append(path)
            draft.tell("!include_try", pattern, at: location, .notNeeded, "no file fits it")
            return
        }
        draft.tell(isOptional ? "!include_try" : "!include", pattern, at: location, .used, "read")
        for path in files {
            lineCount += 1
            guard lineCount <= Self.maximumLines else { return }
            guard openFiles.count < Self.maximumDepth, !openFiles.contains(path) else {
                draft.error(at: location, "!include: \(path) is being read already", remedy: "break the circle")
                continue
            }
            guard let text = draft.files.text(path) else {
                if !isOptional {
                    draft.error(
                        at: location, "!include: \(draft.files.hostPath(path)) can't be read",
                        remedy: "let it be read, or leave it out")
                }
                continue
            }
            readLines(text, &stack, &draft)
        }
    }

    private func absolute(_ path: String, from file: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        guard let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }
}
