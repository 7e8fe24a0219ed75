import Crypto

/// SCRAM without channel binding, RFC 5802 and RFC 7677. The exchange ends well only if the server has proved that it
/// knows the password too: its last message must be given to `respond`, which answers it with an empty response.
///
/// Name and password go as they are: SASLprep (RFC 4013) changes nothing in printable ASCII.
package struct SCRAMClientExchange: ClientExchange {
    package enum Hash: Hashable, Sendable {
        case sha1
        case sha256
    }

    /// A server that asks for more would keep us busy at its pleasure; servers use 4096 to 100 000.
    package static let maximumIterations = 200_000

    private enum State {
        case initial
        case waitingForServerFirst
        case waitingForServerFinal(signature: [UInt8])
        case over
    }

    private let credentials: SASLPlainCredentials
    private let hash: Hash
    private let nonce: [UInt8]
    private var state = State.initial
    package private(set) var isComplete = false

    /// - Parameter nonce: printable ASCII without commas; for tests, else random.
    package init(_ credentials: SASLPlainCredentials, hash: Hash, nonce: [UInt8]? = nil) {
        self.credentials = credentials
        self.hash = hash
        self.nonce = nonce ?? Base64.encode((0..<18).map { _ in UInt8.random(in: 0...(.max)) })
    }

    package var initialResponse: [UInt8]? { header + clientFirstBare }

    package mutating func respond(to challenge: [UInt8]) -> [UInt8]? {
        switch state {
        case .initial:
            state = .waitingForServerFirst
            // An empty challenge asks for what could not go with the command.
            return challenge.isEmpty ? initialResponse : clientFinal(challenge)
        case .waitingForServerFirst: return clientFinal(challenge)
        case .waitingForServerFinal(let signature):
            state = .over
            let attributes = Self.attributes(challenge)
            guard let verifier = attributes[UInt8(ascii: "v")], Base64.decode(verifier) == signature else { return nil }
            isComplete = true
            return []
        case .over: return nil
        }
    }

    /// gs2-header: no channel binding, and whom to act as.
    private var header: [UInt8] {
        let identity = credentials.authorizationIdentity ?? []
        return Array("n,".utf8) + (identity.isEmpty ? [] : Array("a=".utf8) + Self.saslName(identity)) + Array(",".utf8)
    }

    private var clientFirstBare: [UInt8] {
        Array("n=".utf8) + Self.saslName(credentials.login) + Array(",r=".utf8) + nonce
    }

    ///     server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]
    private mutating func clientFinal(_ serverFirst: [UInt8]) -> [UInt8]? {
        state = .over
        let attributes = Self.attributes(serverFirst)
        guard attributes[UInt8(ascii: "m")] == nil, let combined = attributes[UInt8(ascii: "r")],
            combined.starts(with: nonce), combined.count > nonce.count, combined.count <= 1024,
            let salt = attributes[UInt8(ascii: "s")].flatMap({ Base64.decode($0, limit: 1024) }), !salt.isEmpty,
            let iterations = attributes[UInt8(ascii: "i")].flatMap({ Int(String(decoding: $0, as: UTF8.self)) }),
            (1...Self.maximumIterations).contains(iterations)
        else { return nil }
        let withoutProof = Array("c=".utf8) + Base64.encode(header) + Array(",r=".utf8) + combined
        let message =
            clientFirstBare + [UInt8(ascii: ",")] + serverFirst + [UInt8(ascii: ",")] + withoutProof
        let salted = saltedPassword(salt, iterations)
        let clientKey = authenticate(Array("Client Key".utf8), key: salted)
        let clientSignature = authenticate(message, key: digest(clientKey))
        let proof = zip(clientKey, clientSignature).map { $0 ^ $1 }
        let serverKey = authenticate(Array("Server Key".utf8), key: salted)
        state = .waitingForServerFinal(signature: authenticate(message, key: serverKey))
        return withoutProof + Array(",p=".utf8) + Base64.encode(proof)
    }

    /// Hi(), RFC 5802 §2.2.
    private func saltedPassword(_ salt: [UInt8], _ iterations: Int) -> [UInt8] {
        var block = authenticate(salt + [0, 0, 0, 1], key: credentials.password)
        var result = block
        for _ in 1..<max(iterations, 1) {
            block = authenticate(block, key: credentials.password)
            for index in result.indices { result[index] ^= block[index] }
        }
        return result
    }

    private func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        switch hash {
        case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: SymmetricKey(data: key)))
        case .sha256: Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
        }
    }

    private func digest(_ bytes: [UInt8]) -> [UInt8] {
        switch hash {
        case .sha1: Array(Insecure.SHA1.hash(data: bytes))
        case .sha256: Array(SHA256.hash(data: bytes))
        }
    }

    /// `r=…,s=…,i=…`; of a repeated attribute the first.
    private static func attributes(_ message: [UInt8]) -> [UInt8: ArraySlice<UInt8>] {
        var attributes: [UInt8: ArraySlice<UInt8>] = [:]
        for field in message.split(separator: UInt8(ascii: ",")) {
            guard let name = field.first, field.dropFirst().first == UInt8(ascii: "=") else { continue }
            if attributes[name] == nil { attributes[name] = field.dropFirst(2) }
        }
        return attributes
    }

    /// saslname: "," and "=" are written =2C and =3D.
    private static func saslName(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: ","): Array("=2C".utf8)
            case UInt8(ascii: "="): Array("=3D".utf8)
            default: [byte]
            }
        }
    }
}

extension SCRAMClientExchange: CustomStringConvertible, CustomReflectable {
    package var description: String { "SCRAM exchange" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
