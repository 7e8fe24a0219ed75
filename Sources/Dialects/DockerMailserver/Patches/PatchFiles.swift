import Directory
import SiteConfiguration

/// Commands on whole files.
extension PatchScript {
    mutating func rm(_ arguments: [ShellScript.Word]) -> Outcome {
        var paths: [String] = []
        for word in arguments {
            if word.text.hasPrefix("-") {
                guard word.text.dropFirst().allSatisfy({ "frv".contains($0) }) else {
                    return .unknown("an option of rm")
                }
            } else if word.hasPattern {
                guard let found = expanded(word.text) else { return .unknown("a pattern of file names") }
                paths += found
            } else {
                paths.append(word.text)
            }
        }
        for path in paths where !path.hasPrefix("/") { return .unknown("the folder of \(path) is not known") }
        for path in paths where composition.text(path) == nil && path.split(separator: "/").count < 3 {
            return .unknown("removes a whole folder")
        }
        for path in paths { composition.remove(path) }
        return .used(paths.isEmpty ? "" : "removed: \(paths.joined(separator: ", "))")
    }

    /// The files that `FOLDER/a*.cf` names; nil when the folder itself is a pattern.
    private func expanded(_ pattern: String) -> [String]? {
        guard let slash = pattern.lastIndex(of: "/"), !pattern.contains("[") else { return nil }
        let folder = String(pattern[..<slash])
        guard !folder.contains("*"), !folder.contains("?") else { return nil }
        var expression: [UInt8] = [UInt8(ascii: "^")]
        for byte in pattern[pattern.index(after: slash)...].utf8 {
            switch byte {
            case UInt8(ascii: "*"): expression += Array(".*".utf8)
            case UInt8(ascii: "?"): expression.append(UInt8(ascii: "."))
            case UInt8(ascii: "."), UInt8(ascii: "$"), UInt8(ascii: "^"), UInt8(ascii: "\\"):
                expression += [UInt8(ascii: "\\"), byte]
            default: expression.append(byte)
            }
        }
        expression.append(UInt8(ascii: "$"))
        guard let matcher = BasicRegularExpression(expression, syntax: .basic) else { return nil }
        return composition.draft.files.names(in: folder).filter {
            !$0.hasPrefix(".") && matcher.firstMatch(in: Array($0.utf8)) != nil
                && composition.text("\(folder)/\($0)") != nil
        }.map { "\(folder)/\($0)" }
    }

    mutating func touch(_ arguments: [ShellScript.Word]) -> Outcome {
        for word in arguments where !word.text.hasPrefix("-") {
            guard word.text.hasPrefix("/"), !word.hasPattern else { return .unknown("the file's name is not known") }
            if composition.text(word.text) == nil { composition.put(SourceText(path: word.text, lines: [])) }
        }
        return .notNeeded("")
    }

    private static let authorities = "/usr/local/share/ca-certificates/"

    mutating func copy(
        _ arguments: [ShellScript.Word], moves: Bool, isPlain: Bool, _ location: SourceLocation
    ) -> Outcome {
        var operands: [String] = []
        for word in arguments {
            if word.text.hasPrefix("-"), isPlain {
                guard word.text.dropFirst().allSatisfy({ "fpvanu".contains($0) }) else {
                    return .unknown("an option of cp")
                }
            } else if word.text.hasPrefix("-") {
                return .unknown("an option of install")
            } else if word.hasPattern {
                guard let found = expanded(word.text) else { return .unknown("a pattern of file names") }
                operands += found
            } else {
                operands.append(word.text)
            }
        }
        guard operands.count >= 2, let target = operands.popLast() else {
            return .unknown("copies nothing that is known")
        }
        if target.hasPrefix(Self.authorities) || target + "/" == Self.authorities {
            return copyCertificates(operands, to: target, location)
        }
        guard operands.count == 1, let source = operands.first, let text = composition.text(source),
            target.hasPrefix("/")
        else { return .unknown("\(operands.first ?? "") is not known here") }
        let isFolder = target.hasSuffix("/") || Self.folders.contains(target)
        let path = isFolder ? (target.hasSuffix("/") ? target : target + "/") + HostPath.name(of: source) : target
        composition.put(text.copied(to: path))
        if moves { composition.remove(source) }
        return .used("\(path) is \(source)")
    }

    private static let folders: Set<String> = [
        "/etc", "/etc/postfix", "/etc/postfix/sasl", "/etc/postfix/maps", "/etc/dovecot", "/etc/dovecot/conf.d",
    ]

    // MARK: Certificates of authorities

    private mutating func copyCertificates(_ sources: [String], to target: String, _ location: SourceLocation)
        -> Outcome
    {
        for source in sources {
            guard composition.draft.files.isPlaced(source), composition.draft.files.exists(source) else {
                return .unknown("\(source) is not there: say where it lies with --map \(source)=FILE")
            }
            let hostPath = composition.draft.files.hostPath(source)
            let names = target.hasPrefix(Self.authorities) && !target.hasSuffix("/")
            let path = names ? target : Self.authorities + HostPath.name(of: source)
            certificates.append((path, hostPath, location))
        }
        return .used("waits for update-ca-certificates")
    }

    /// libldap's programs believe in the system's authorities, these among them.
    mutating func trustCertificates() -> Outcome {
        guard let certificate = certificates.last(where: { $0.path.hasSuffix(".crt") }) else {
            return .notNeeded("no certificate was added")
        }
        if certificates.count > 1 {
            composition.draft.warning(
                at: certificate.location, "several authorities are added; one file can be named for the directory",
                remedy: "put them into one file")
        }
        composition.draft.files.place(certificate.path, at: certificate.hostPath)
        let path = "/etc/ldap/ldap.conf"
        var file = SourceText(path: path, lines: [])
        if composition.draft.files.isPlaced(path), let mounted = composition.draft.files.text(path) {
            file.lines = mounted.lines
            let named = mounted.lines.compactMap { line -> String? in
                let words = line.text.split(whereSeparator: \.isWhitespace)
                return words.count == 2 && words[0].uppercased() == "TLS_CACERT" ? String(words[1]) : nil
            }
            if let own = named.last, own != "/etc/ssl/certs/ca-certificates.crt" {
                return .notNeeded("ldap.conf names an authority of its own: \(own)")
            }
        }
        file.append("TLS_CACERT \(certificate.path)", at: certificate.location)
        composition.put(file)
        composition.draft.ldapDefaults.caFile = Located(certificate.hostPath, at: certificate.location)
        return .used("\(certificate.hostPath) is the authority that directory servers are believed by")
    }

    func restart(_ arguments: [ShellScript.Word]) -> Outcome {
        let harmless: Set<String> = [
            "reload", "restart", "start", "status", "check", "update", "reread", "force-reload",
        ]
        guard arguments.contains(where: { harmless.contains($0.text) }) else {
            return .unknown("stops a program, or asks more of it")
        }
        return .notNeeded("programs are not started apart")
    }
}
