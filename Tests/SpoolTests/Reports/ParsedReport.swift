import Foundation
import PostroomTesting

@testable import Spool

/// A report as Python's `email` reads it.
struct ParsedReport: Decodable {
    /// Of the message, by lower-case name.
    var header: [String: String]
    var reportType: String?
    var types: [String]
    var text: String
    /// One for the message, then one for each recipient.
    var status: [[String: String]]
    /// Of the returned message.
    var returned: [String: String]
    var returnedOctets: Int
    var defects: [String]
    var longestLine: Int
    var bareLineEnds: Int

    static func parse(_ report: DeliveryStatusReport.Composed) async throws -> ParsedReport {
        try await parse(report.content)
    }

    static func parse(_ content: [UInt8]) async throws -> ParsedReport {
        let folder = try TemporaryFolder("report")
        let file = folder.path("report.eml")
        try Data(content).write(to: URL(fileURLWithPath: file))
        let output = try await ChildProcess.run(["/usr/bin/python3", "-c", script, file], in: folder)
        return try JSONDecoder().decode(ParsedReport.self, from: Data(output.utf8))
    }

    private static let script = """
        import email, email.policy, json, re, sys
        raw = open(sys.argv[1], 'rb').read()
        message = email.message_from_bytes(raw, policy=email.policy.SMTPUTF8)
        parts = list(message.iter_parts())
        def fields(block):
            result = {}
            for line in re.sub(rb'\\r\\n[ \\t]+', b' ', block).split(b'\\r\\n'):
                if line:
                    name, _, value = line.partition(b':')
                    key = name.decode('utf-8', 'replace').lower()
                    assert key not in result, key
                    result[key] = value.strip().decode('utf-8', 'replace')
            return result
        boundary = b'--' + message.get_boundary().encode()
        bodies = raw.split(b'\\r\\n' + boundary)[1:]
        blocks = bodies[1].partition(b'\\r\\n\\r\\n')[2].split(b'\\r\\n\\r\\n')
        original = bodies[2].partition(b'\\r\\n\\r\\n')[2]
        returned = email.message_from_bytes(original, policy=email.policy.compat32)
        print(json.dumps({
            'header': {k.lower(): str(v) for k, v in message.items()},
            'reportType': message.get_param('report-type'),
            'types': [p.get_content_type() for p in parts],
            'text': parts[0].get_content(),
            'status': [fields(b) for b in blocks],
            'returned': {k.lower(): str(v) for k, v in returned.items()},
            'returnedOctets': len(original),
            'defects': [repr(d) for p in [message] + parts for d in p.defects],
            'longestLine': max(len(l) for l in raw.split(b'\\r\\n')),
            'bareLineEnds': len(re.findall(rb'(?<!\\r)\\n|\\r(?!\\n)|\\0', raw)),
        }))
        """
}
