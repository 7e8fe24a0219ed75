import Foundation
import PostroomTesting

/// A comparison that could not be made.
struct ComparisonFailure: Error, CustomStringConvertible {
    var description: String
}

/// A configuration folder of the installed Postfix and what its `postmap -q` answers from it.
struct RunningPostfix {
    enum Answer: Equatable, CustomStringConvertible {
        case found([UInt8])
        case notFound
        case temporaryFailure

        var description: String {
            switch self {
            case .found(let value): "found \"\(String(decoding: value, as: UTF8.self))\""
            case .notFound: "not found"
            case .temporaryFailure: "temporary failure"
            }
        }
    }

    let folder: TemporaryFolder

    /// - Parameter mainConfiguration: besides the level of compatibility, which turns on UTF-8 (smtputf8_enable).
    init(_ mainConfiguration: String = "") throws {
        folder = try TemporaryFolder("postfix")
        try folder.write("compatibility_level = 3.6\n" + mainConfiguration, to: "main.cf")
    }

    /// What came of asking for several keys at once: the first error ends postmap, and with it what it had to say.
    private enum Batch {
        case answers([Answer])
        case failed
    }

    /// The answers of a table, in the order of the keys, which hold neither line ends nor NUL. Asks for all keys in one
    /// go but for those that are expected to fail, each of which costs a process of its own.
    ///
    /// - Parameter mayFail: the places of keys whose lookup is thought to be a temporary failure.
    /// - Returns: nil for a key that was left out, when more fail than `maximumFailures`.
    func answers(
        _ table: String, keys: [[UInt8]], mayFail: Set<Int>, maximumFailures: Int
    ) async throws -> [Answer?] {
        var result = [Answer?](repeating: nil, count: keys.count)
        var runs = 0
        try await ask(table, keys, Array(keys.indices.filter { !mayFail.contains($0) }), &result, &runs)
        for index in mayFail.sorted().prefix(maximumFailures) {
            try await ask(table, keys, [index], &result, &runs)
        }
        return result
    }

    private static let maximumRuns = 60

    private func ask(
        _ table: String, _ keys: [[UInt8]], _ indices: [Int], _ result: inout [Answer?], _ runs: inout Int
    ) async throws {
        guard !indices.isEmpty, runs < Self.maximumRuns else { return }
        runs += 1
        switch try await batch(table, indices.map { keys[$0] }) {
        case .answers(let answers):
            for (index, answer) in zip(indices, answers) { result[index] = answer }
        case .failed where indices.count == 1:
            result[indices[0]] = .temporaryFailure
        case .failed:
            // One of them, unknown which: halves until it is alone.
            let half = indices.count / 2
            try await ask(table, keys, Array(indices[..<half]), &result, &runs)
            try await ask(table, keys, Array(indices[half...]), &result, &runs)
        }
    }

    private func batch(_ table: String, _ keys: [[UInt8]]) async throws -> Batch {
        let name = UUID().uuidString
        let input = folder.path("\(name).keys")
        let output = folder.path("\(name).values")
        try Data(keys.joined(separator: [UInt8(ascii: "\n")]) + [UInt8(ascii: "\n")]).write(
            to: URL(fileURLWithPath: input))
        let child = try await ChildProcess.start(
            [
                "/bin/sh", "-c", "exec /usr/sbin/postmap -c \"$1\" -q - \"$2\" >\"$3\"", "sh", folder.path, table,
                output,
            ], input: input, outputFile: folder.path("\(name).messages"))
        _ = await child.waitForExit()
        let messages = child.output
        guard !messages.contains("fatal: ") else {
            guard messages.contains("query error") else {
                throw ComparisonFailure(description: "postmap of \(table): \(messages)")
            }
            return .failed
        }
        var rest = Array(FileManager.default.contents(atPath: output) ?? Data())[...]
        var answers: [Answer] = []
        for key in keys {
            guard rest.starts(with: key + [UInt8(ascii: "\t")]), let end = rest.firstIndex(of: UInt8(ascii: "\n"))
            else {
                answers.append(.notFound)
                continue
            }
            answers.append(.found(Array(rest[..<end].dropFirst(key.count + 1))))
            rest = rest[(end + 1)...]
        }
        guard rest.isEmpty else {
            throw ComparisonFailure(
                description: "postmap of \(table) wrote more than was asked: \(String(decoding: rest, as: UTF8.self))")
        }
        return .answers(answers)
    }
}
