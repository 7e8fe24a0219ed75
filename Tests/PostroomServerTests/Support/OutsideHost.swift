import Foundation
import PostroomTesting
import SiteConfiguration

/// Mail exchanger and name server of domains elsewhere: takes all their mail at port 25 of an address of the loopback
/// network that is its own, with a certificate of a test's authority, and keeps what it was told beside what it was sent.
/// Needs root, for the port.
struct OutsideHost: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Message: Decodable, Sendable {
        /// `TLSv1.3`; empty in clear.
        var tls: String
        var helo: String
        var sender: String
        var recipients: [String]
        var data: String

        func field(_ name: String) -> String? {
            data.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }.map(String.init)
        }
    }

    let folder: TemporaryFolder
    let nameServer: RunningNameServer
    /// PEM, of the authority that issued the exchanger's certificate.
    let authority: String
    let address: String

    /// What has arrived, in order.
    var messages: [Message] {
        get throws {
            let path = folder.path("messages")
            let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".json") }
            return try names.sorted().map {
                try JSONDecoder().decode(Message.self, from: Data(contentsOf: URL(filePath: "\(path)/\($0)")))
            }
        }
    }

    /// Waits for as many messages.
    func messages(_ count: Int) async throws -> [Message] {
        try await eventually("\(count) messages have arrived elsewhere") { try messages.count >= count }
        return try messages
    }

    /// - Parameters:
    ///   - hasTLS: whether STARTTLS is offered.
    ///   - misnamed: domains whose exchanger is not named by the certificate.
    ///   - issuer: of the certificate; made up where it is left out.
    ///   - isSigned: the zones are signed.
    ///   - records: more of what each zone holds.
    static func serving<Value: Sendable>(
        _ domains: [String], hasTLS: Bool = true, misnamed: Set<String> = [], issuer: IssuedCertificate? = nil,
        isSigned: Bool = false, records: String = "", _ body: (OutsideHost) async throws -> Value
    ) async throws -> Value {
        let folder = try TemporaryFolder("outside")
        let chain = try issuer ?? IssuedCertificate(commonName: "Outside authority", isAuthority: true)
        let own = try IssuedCertificate(
            commonName: "mx", dnsNames: domains.filter { !misnamed.contains($0) }.map { "mx.\($0)" }, issuer: chain)
        let authority = try folder.write(try chain.pem, to: "authority.pem")
        try folder.write(try own.pem + own.keyPEM, to: "own.pem")
        _ = try folder.makeFolder("messages")
        let script = try folder.write(program, to: "outside.py")
        let address = LoopbackPort.randomAddress()
        let log = folder.path("log")
        let child = try await ChildProcess.start(
            ["/usr/bin/python3", script, address, folder.path, hasTLS ? "tls" : "clear"], outputFile: log)
        try await eventually("the exchanger listens") {
            if let exit = child.exit {
                throw Failure(description: "the exchanger ended with \(exit): \(child.output)")
            }
            return child.output.contains("listening")
        }
        let zones = zones(domains, address, isSigned: isSigned, records)
        let result: Result<Value, any Error>
        do {
            result = .success(
                try await RunningNameServer.withServer(zones) { server in
                    try await body(
                        OutsideHost(folder: folder, nameServer: server, authority: authority, address: address))
                })
        } catch {
            result = .failure(error)
        }
        child.signal(SIGTERM)
        _ = await child.waitForExit()
        return try result.get()
    }

    static func zones(
        _ domains: [String], _ address: String, isSigned: Bool = false, _ records: String = ""
    ) -> [NameServerZone] {
        domains.map {
            NameServerZone($0, "@ MX 10 mx\nmx A \(address)\n@ A \(address)\n\(records)", isSigned: isSigned)
        }
    }

    /// What a site needs to find it: where to ask DNS, and whom to trust.
    func announce(to model: inout SiteModel) {
        model.dns.servers = [Located(nameServer.address, at: .builtIn)]
        model.dns.validation = Located(.off, at: .builtIn)
        guard model.outgoing.client.caFile != nil || model.outgoing.client.caDirectory != nil else { return }
        model.outgoing.client.caDirectory = nil
        model.outgoing.client.caFile = Located(authority, at: .builtIn)
    }

    private static let program = #"""
        import json, os, signal, socket, socketserver, ssl, sys, threading

        address, folder, security = sys.argv[1:4]
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        lock, count = threading.Lock(), 0

        class Session(socketserver.BaseRequestHandler):
            def say(self, text):
                self.stream.write(text.encode() + b"\r\n")
                self.stream.flush()

            def handle(self):
                self.stream = self.request.makefile("rwb")
                self.tls, self.helo, self.sender, self.recipients = "", "", "", []
                self.say("220 mx ESMTP")
                while True:
                    line = self.stream.readline().decode("utf-8", "replace").rstrip("\r\n")
                    if not line: return
                    verb = line.split(":")[0].split(" ")[0].upper()
                    if verb in ("EHLO", "HELO"):
                        self.helo = line[5:]
                        offers = ["mx", "8BITMIME", "PIPELINING", "SIZE 50000000", "ENHANCEDSTATUSCODES"]
                        if security == "tls" and not self.tls: offers.append("STARTTLS")
                        for offer in offers[:-1]: self.say("250-" + offer)
                        self.say("250 " + offers[-1])
                    elif verb == "STARTTLS":
                        self.say("220 2.0.0 go ahead")
                        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                        context.load_cert_chain(folder + "/own.pem")
                        self.request = context.wrap_socket(self.request, server_side=True)
                        self.stream = self.request.makefile("rwb")
                        self.tls = self.request.version()
                    elif verb == "MAIL":
                        self.sender, self.recipients = line[line.index("<") + 1:line.index(">")], []
                        self.say("250 2.1.0 ok")
                    elif verb == "RCPT":
                        self.recipients.append(line[line.index("<") + 1:line.index(">")])
                        self.say("250 2.1.5 ok")
                    elif verb == "DATA":
                        self.say("354 go ahead")
                        self.keep()
                        self.say("250 2.0.0 kept")
                    elif verb == "QUIT":
                        self.say("221 2.0.0 bye")
                        return
                    elif verb in ("RSET", "NOOP"):
                        self.say("250 2.0.0 ok")
                    else:
                        self.say("502 5.5.1 what?")

            def keep(self):
                global count
                data = b""
                while True:
                    line = self.stream.readline()
                    if not line: return
                    if line == b".\r\n": break
                    data += line[1:] if line.startswith(b".") else line
                with lock:
                    count += 1
                    path = "%s/messages/%06d" % (folder, count)
                    with open(path, "w") as file:
                        json.dump({"tls": self.tls, "helo": self.helo, "sender": self.sender,
                                   "recipients": self.recipients, "data": data.decode("utf-8", "replace")}, file)
                    os.rename(path, path + ".json")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads, allow_reuse_address = True, True

        server = Server((address, 25), Session)
        print("listening", flush=True)
        server.serve_forever()
        """#
}
