import Directory
import SiteConfiguration

/// Filters and scanners beside the server, and header and body checks.
struct FilterReader {
    let reading: PostfixReading
    let parameters: ParameterReader

    init(_ reading: PostfixReading, _ parameters: ParameterReader) {
        self.reading = reading
        self.parameters = parameters
    }

    static let checks = [
        "header_checks", "mime_header_checks", "nested_header_checks", "body_checks", "smtp_header_checks",
        "smtp_mime_header_checks", "smtp_nested_header_checks", "smtp_body_checks", "milter_header_checks",
    ]

    func read() {
        for name in ["smtpd_milters", "non_smtpd_milters", "content_filter", "smtpd_proxy_filter", "smtpd_milter_maps"]
        {
            guard parameters.isSet(name) else { continue }
            let value = parameters.text(name, "no filter is named")
            if !value.value.isEmpty, value.value.lowercased() != "none" {
                parameters.tell(name, .missingFilter, "\(WordList.printable(value.value)) is not asked")
            }
        }
        for name in Self.checks where parameters.isSet(name) {
            let tables = TableReader(reading).tables(parameters.words(name, "no checks"))
            guard !tables.isEmpty else { continue }
            if let action = tables.lazy.compactMap(gravestAction).first {
                parameters.tell(
                    name, .unsupported(.routing), "messages are not searched, and \(action) changes where they go")
            } else {
                parameters.tell(name, .missingFilter, "headers and bodies are not searched")
            }
        }
    }

    /// REDIRECT, DISCARD, FILTER and BCC in the lines of a table.
    private func gravestAction(_ table: TableModel) -> String? {
        let lines: [String]
        switch table {
        case .file(let file):
            // The text was found at its path on this machine; the program's path is not known any more.
            guard let text = reading.draft.files.text(onHost: file.path.value) else { return "an unreadable table" }
            lines = text.logicalLines.map { String(decoding: $0.bytes, as: UTF8.self) }
        case .text(let text): lines = text.lines.value.map(\.value)
        case .constant(let value): lines = ["x \(value.value)"]
        case .inline(let pairs, _): lines = pairs.value.values.map { "x \($0)" }
        default: return "a table of this kind"
        }
        for line in lines where !line.hasPrefix("#") {
            for word in line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst() {
                let action = word.uppercased()
                if ["REDIRECT", "DISCARD", "FILTER", "BCC", "HOLD"].contains(action) { return action }
            }
        }
        return nil
    }
}

extension ConfigurationFiles {
    /// A file by its path on this machine.
    func text(onHost path: String) -> SourceText? {
        read(host: path).map { SourceText(path: path, contents: $0, hostPath: path) }
    }
}
