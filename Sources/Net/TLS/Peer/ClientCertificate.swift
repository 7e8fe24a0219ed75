import NIOSSL

/// The certificate that we show to a server which asks for one: smtp_tls_cert_file, smtp_tls_key_file.
package struct ClientCertificate: Hashable, Sendable {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey

    /// Reads PEM files, which may be one; they must belong together. Blocks.
    package init(chainFile: String, keyFile: String) throws(ServerTLSError) {
        let read = try ServerCertificate(.files(chain: chainFile, key: keyFile))
        chain = read.chain
        key = read.key
    }
}
