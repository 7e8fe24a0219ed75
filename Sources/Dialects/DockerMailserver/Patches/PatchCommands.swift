import Directory
import SiteConfiguration

/// The commands that are recognized.
extension PatchScript {
    mutating func run(_ command: ShellScript.Command, at location: SourceLocation) -> Outcome {
        guard command.isKnown else { return .unknown("holds what only a running shell knows") }
        guard let name = command.words.first else {
            return command.redirections.isEmpty ? .notNeeded("") : .unknown("a redirection without a command")
        }
        let arguments = Array(command.words.dropFirst())
        if let assignment = assignment(command) { return assignment }
        // Messages that go elsewhere than into a file don't matter.
        let output = command.redirections.filter { redirection in
            (redirection.kind == .append || redirection.kind == .write) && redirection.target.text != "/dev/null"
        }
        let known = command.redirections.allSatisfy {
            $0.kind != .other || $0.target.text == "1" || $0.target.text == "2"
        }
        guard known else { return .unknown("reads from a file") }
        switch name.text {
        case "set", "shopt", ":", "true", "sleep", "umask": return .notNeeded("")
        case "...", "…": return .notNeeded("a placeholder")
        case "exit":
            return arguments.isEmpty || arguments[0].text == "0" ? .exit : .unknown("ends docker-mailserver's start")
        case "echo", "printf", "cat", "tee": return write(name.text, command, output, at: location)
        default: break
        }
        guard output.isEmpty, !command.redirections.contains(where: { $0.kind == .document }) else {
            return .unknown("writes what a program says into a file")
        }
        switch name.text {
        case "postconf": return postconf(arguments, at: location)
        case "sed": return sed(arguments, at: location)
        case "grep": return grep(arguments)
        case "rm", "unlink": return rm(arguments)
        case "cp", "mv", "install":
            return copy(arguments, moves: name.text == "mv", isPlain: name.text != "install", location)
        case "touch": return touch(arguments)
        case "update-ca-certificates": return trustCertificates()
        case "mkdir", "chmod", "chown", "chgrp": return .notNeeded("owners and rights of composed files don't matter")
        case "postmap", "postalias", "newaliases": return .notNeeded("tables are read from their texts")
        case "postfix", "supervisorctl", "service", "systemctl", "doveadm", "dovecot":
            return restart(arguments)
        case "[", "test", "[[": return .unknown("a condition")
        case "apt", "apt-get", "apk", "dpkg", "pip", "pip3": return .unknown("installs programs that are not here")
        default: return .unknown("only a shell can tell what it does")
        }
    }

    private mutating func assignment(_ command: ShellScript.Command) -> Outcome? {
        var words = command.words
        if ["export", "readonly", "local", "declare"].contains(words.first?.text) { words.removeFirst() }
        guard command.redirections.isEmpty, !words.isEmpty else { return nil }
        var values: [(String, String)] = []
        for word in words {
            guard let equals = word.text.firstIndex(of: "=") else { return nil }
            let name = String(word.text[..<equals])
            guard EnvironmentFile.isName(name), !name.contains("."), !name.contains("-") else { return nil }
            values.append((name, String(word.text[word.text.index(after: equals)...])))
        }
        for (name, value) in values { script.variables[name] = value }
        return .notNeeded("")
    }

    // MARK: Writing into files

    private mutating func write(
        _ name: String, _ command: ShellScript.Command, _ output: [ShellScript.Redirection], at location: SourceLocation
    ) -> Outcome {
        var targets = output.map { (path: $0.target.text, appends: $0.kind == .append) }
        var arguments = command.words.dropFirst().map(\.text)
        var text: [SourceText.Line] = []
        if let document = command.redirections.last(where: { $0.kind == .document }) {
            let place = location.file
            guard name == "cat" || name == "tee", command.redirections.count(where: { $0.kind == .document }) == 1
            else {
                return .unknown("reads a here-document")
            }
            text = document.lines.map { SourceText.Line($0.text, at: SourceLocation(file: place, line: $0.number)) }
            if name == "tee" {
                let appends = arguments.first == "-a" || arguments.first == "--append"
                if appends { arguments.removeFirst() }
                targets = arguments.map { (path: $0, appends: appends) }
                arguments = []
            }
            guard arguments.isEmpty || arguments == ["-"] else { return .unknown("reads several files") }
        } else {
            switch name {
            case "echo":
                guard let lines = Self.echoed(arguments, at: location) else { return .unknown("an option of echo") }
                text = lines
            case "printf":
                guard let lines = Self.printed(arguments, at: location) else { return .unknown("a format of printf") }
                text = lines
            case "cat":
                for path in arguments {
                    guard let file = composition.text(path) else { return .unknown("\(path) is not known here") }
                    text += file.lines
                }
            default: return .unknown("copies what it is given")
            }
        }
        let isDescriptor = command.redirections.contains { $0.kind == .other }
        guard !targets.isEmpty else { return isDescriptor || output.isEmpty ? .notNeeded("") : .unknown("") }
        for target in targets {
            guard target.path.hasPrefix("/") else { return .unknown("the folder it writes to is not known") }
            var file = SourceText(path: target.path, lines: [])
            if target.appends, let known = composition.text(target.path) { file.lines = known.lines }
            file.lines += text
            put(file)
        }
        return .used(targets.map { "written to \($0.path)" }.joined(separator: "; "))
    }

    private static func echoed(_ arguments: [String], at location: SourceLocation) -> [SourceText.Line]? {
        var arguments = arguments[...]
        var interprets = false
        while let option = arguments.first, option.hasPrefix("-"), option.count > 1,
            option.dropFirst().allSatisfy({ "neE".contains($0) })
        {
            guard !option.contains("n") else { return nil }
            interprets = option.contains("e")
            arguments = arguments.dropFirst()
        }
        let text = arguments.joined(separator: " ")
        guard interprets else { return lines(text, location) }
        return unescaped(text).map { lines($0, location) }
    }

    private static func printed(_ arguments: [String], at location: SourceLocation) -> [SourceText.Line]? {
        guard let format = arguments.first, let text = unescaped(format) else { return nil }
        if format == "%s\\n" {
            return arguments.dropFirst().flatMap { lines($0, location) }
        }
        guard !text.contains("%"), arguments.count == 1, text.hasSuffix("\n") else { return nil }
        return lines(String(text.dropLast()), location)
    }

    private static func unescaped(_ text: String) -> String? {
        var result = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            guard character == "\\" else {
                result.append(character)
                continue
            }
            switch rest.popFirst() {
            case "n": result.append("\n")
            case "t": result.append("\t")
            case "\\": result.append("\\")
            default: return nil
            }
        }
        return result
    }

    private static func lines(_ text: String, _ location: SourceLocation) -> [SourceText.Line] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { SourceText.Line(String($0), at: location) }
    }

    /// main.cf and master.cf included, which later commands read again.
    private mutating func put(_ text: SourceText) {
        var text = text
        text.hostPath = nil
        composition.put(text)
    }

    // MARK: postconf

    private mutating func postconf(_ arguments: [ShellScript.Word], at location: SourceLocation) -> Outcome {
        var options: Set<Character> = []
        var operands: [String] = []
        for word in arguments {
            if operands.isEmpty, word.text.hasPrefix("-"), word.text.count > 1 {
                options.formUnion(word.text.dropFirst())
            } else {
                operands.append(word.text)
            }
        }
        guard options.isSubset(of: ["e", "P", "M", "X", "#", "n", "h", "d", "v"]) else {
            return .unknown("an option of postconf that is not followed")
        }
        let edits = operands.contains { $0.contains("=") } || options.contains("X") || options.contains("#")
        guard edits else { return .notNeeded("asks postconf") }
        guard !operands.isEmpty, var main = composition.text(Composition.Paths.main),
            var master = composition.text(Composition.Paths.master)
        else { return .unknown("main.cf or master.cf is not known here") }
        if options.contains("P") || options.contains("M") {
            composition.master = master
            for operand in operands {
                guard editService(operand, options, at: location) else {
                    return .unknown("names no service: \(operand.prefix(60))")
                }
            }
            master = composition.master
            put(master)
        } else {
            for operand in operands {
                if options.contains("X") {
                    main.removeParameter(operand)
                } else if options.contains("#") {
                    main.commentOutParameter(operand)
                } else {
                    guard let equals = operand.firstIndex(of: "=") else {
                        return .unknown("\(operand.prefix(60)) sets nothing")
                    }
                    let value = String(operand[operand.index(after: equals)...]).withoutOuterBlanks
                    guard !value.contains("\n") else { return .unknown("a value of several lines") }
                    main.setParameter(String(operand[..<equals]).withoutOuterBlanks, value, at: location)
                }
            }
            put(main)
        }
        return .used(options.contains("P") || options.contains("M") ? "master.cf" : "main.cf")
    }

    private mutating func editService(_ operand: String, _ options: Set<Character>, at location: SourceLocation) -> Bool
    {
        if options.contains("P"), !options.contains("X"), !options.contains("#") {
            guard operand.contains("=") else { return false }
            composition.setServiceParameter(operand, at: location)
            return true
        }
        let key = operand.firstIndex(of: "=").map { operand[..<$0] } ?? operand[...]
        let parts = key.split(separator: "/", omittingEmptySubsequences: false).map { String($0).withoutOuterBlanks }
        if options.contains("P") {
            guard parts.count >= 3, let name = parts.last, let type = parts.dropLast().last else { return false }
            return composition.master.removeServiceParameter(parts.dropLast(2).joined(separator: "/"), type, name)
        }
        guard parts.count >= 2, let type = parts.last else { return false }
        let service = parts.dropLast().joined(separator: "/")
        if options.contains("#") {
            composition.master.commentOutService(service, type)
        } else if options.contains("X") {
            composition.master.setService(service, type, "", at: location)
        } else {
            guard let equals = operand.firstIndex(of: "=") else { return false }
            let entry = String(operand[operand.index(after: equals)...]).withoutOuterBlanks
            guard entry.split(separator: " ").count >= 8, !entry.contains("\n") else { return false }
            composition.master.setService(service, type, entry, at: location)
        }
        return true
    }

    // MARK: sed and grep

    private mutating func sed(_ arguments: [ShellScript.Word], at location: SourceLocation) -> Outcome {
        var expressions: [String] = []
        var files: [String] = []
        var isInPlace = false
        var syntax = BasicRegularExpression.Syntax.basic
        var rest = arguments.map(\.text)[...]
        while let word = rest.popFirst() {
            switch word {
            case "-e", "--expression":
                guard let expression = rest.popFirst() else { return .failed("sed has no script") }
                expressions.append(expression)
            case "-E", "-r", "--regexp-extended": syntax = .extended
            case "-i", "--in-place": isInPlace = true
            case "-Ei", "-ri":
                syntax = .extended
                isInPlace = true
            case _ where word.hasPrefix("--expression="): expressions.append(String(word.dropFirst(13)))
            case _ where word.hasPrefix("-i"): isInPlace = true
            case _ where word.hasPrefix("-"): return .unknown("an option of sed that is not followed")
            default: files.append(word)
            }
        }
        if expressions.isEmpty, !files.isEmpty { expressions.append(files.removeFirst()) }
        guard isInPlace else { return .notNeeded("changes no file") }
        guard let sed = SedScript(expressions, syntax: syntax) else {
            return .unknown("a command of sed that is not followed")
        }
        guard !files.isEmpty else { return .unknown("sed has no file") }
        guard arguments.allSatisfy({ !$0.hasPattern || $0.isQuoted }) else {
            return .unknown("a pattern of file names")
        }
        for path in files where composition.text(path) == nil { return .unknown("\(path) is not known here") }
        for path in files {
            guard var text = composition.text(path) else { continue }
            sed.run(on: &text, at: location)
            put(text)
        }
        return .used("changes \(files.joined(separator: ", "))")
    }

    private func grep(_ arguments: [ShellScript.Word]) -> Outcome {
        var syntax = BasicRegularExpression.Syntax.basic
        var isFixed = false
        var isWhole = false
        var ignoresCase = false
        var operands: [String] = []
        for word in arguments.map(\.text) {
            guard operands.isEmpty, word.hasPrefix("-"), word.count > 1, word != "-e", word != "--" else {
                if word != "-e" && word != "--" { operands.append(word) }
                continue
            }
            for option in word.dropFirst() {
                switch option {
                case "q", "s": break
                case "F": isFixed = true
                case "E": syntax = .extended
                case "x": isWhole = true
                case "i": ignoresCase = true
                default: return .unknown("an option of grep that is not followed")
                }
            }
        }
        guard operands.count == 2 else { return .unknown("grep in several files or none") }
        guard let text = composition.text(operands[1]) else { return .unknown("\(operands[1]) is not known here") }
        func folded(_ bytes: [UInt8]) -> [UInt8] { ignoresCase ? Composition.lowercased(bytes) : bytes }
        let pattern = folded(Array(operands[0].utf8))
        if isFixed {
            return .answer(
                text.lines.contains { line in
                    isWhole
                        ? folded(line.bytes) == pattern
                        : pattern.isEmpty || folded(line.bytes).firstRange(of: pattern) != nil
                })
        }
        guard let expression = BasicRegularExpression(pattern, syntax: syntax) else {
            return .unknown("a pattern of grep that is not followed")
        }
        return .answer(
            text.lines.contains { line in
                guard let match = expression.firstMatch(in: folded(line.bytes)) else { return false }
                return !isWhole || match == 0..<line.bytes.count
            })
    }
}
