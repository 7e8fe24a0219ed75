import Foundation
import PostroomTesting

/// `https://mta-sts.DOMAIN` of several domains: port 443 of an address of the loopback network that is its own. Needs root, for
/// the port.
struct PolicyHost: Sendable {
    let address: String
    let folder: TemporaryFolder
    private let process: ChildProcess

    /// What has been asked for, in order.
    var requests: [String] { process.output.split(separator: "\n").dropFirst().map(String.init) }

    /// - Parameter policies: by domain.
    static func start(_ policies: [String: String], issuer: IssuedCertificate) async throws -> PolicyHost {
        let folder = try TemporaryFolder("policies")
        let names = policies.keys.map { "mta-sts.\($0)" }
        let own = try IssuedCertificate(commonName: "policies", dnsNames: names, issuer: issuer)
        try folder.write(try own.pem + own.keyPEM, to: "own.pem")
        for (domain, policy) in policies { try folder.write(policy, to: "mta-sts.\(domain)") }
        let address = LoopbackPort.randomAddress()
        let script = try folder.write(program, to: "policies.py")
        let process = try await ChildProcess.start(
            ["/usr/bin/python3", script, address, folder.path], outputFile: folder.path("log"))
        try await eventually("the policies are served", { process.output }) {
            if process.exit != nil { throw TestFailure(description: process.output) }
            return process.output.contains("listening")
        }
        return PolicyHost(address: address, folder: folder, process: process)
    }

    func stop() async {
        process.signal(SIGKILL)
        _ = await process.waitForExit()
    }

    private static let program = #"""
        import http.server, os, ssl, sys

        address, folder = sys.argv[1:3]

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                host = os.path.basename(self.headers["Host"] or "")
                print(host + self.path, flush=True)
                if self.path != "/.well-known/mta-sts.txt" or not host.startswith("mta-sts."):
                    self.send_error(404)
                    return
                text = open(folder + "/" + host, "rb").read()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            def log_message(self, *_): pass

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder + "/own.pem")
        server = http.server.ThreadingHTTPServer((address, 443), Answer)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print("listening", flush=True)
        server.serve_forever()
        """#
}
