import Directory

/// `tls:` of the site and of a directory.
enum TLSSection {
    static func readClient(_ parent: SectionReader) -> ClientTLSModel {
        guard let reader = parent.section("tls") else { return ClientTLSModel() }
        var model = ClientTLSModel(
            caFile: path("ca_file", reader), certificate: path("certificate", reader), key: path("key", reader),
            verifies: reader.boolean("verify")?.value ?? true)
        model.caDirectory = path("ca_directory", reader)
        model.cipherSuites = reader.strings("cipher_suites") ?? []
        model.minimumVersion = version(reader)
        reader.finish()
        if !model.verifies {
            reader.context.faults.warning(
                at: reader.location, "\(reader.path).verify is off: anybody between can read and change the answers",
                remedy: "give ca_file and leave verify on")
        }
        return model
    }

    static func readServer(_ site: SectionReader, key name: String = "tls") -> ServerTLSModel {
        let reader = site.section(name)
        let certificate = reader.flatMap { path("certificate", $0) }
        let key = reader.flatMap { path("key", $0) }
        let directory = reader.flatMap { path("self_signed_directory", $0) }
        let minimum = reader.flatMap(version)
        let suites = reader?.strings("cipher_suites") ?? []
        let names = (reader?.node("names")?.elements ?? []).compactMap { named(SectionReader($0, site.context)) }
        let inReceivedHeader = reader?.boolean("in_received_header")?.value ?? false
        reader?.finish()
        if let reader, (certificate == nil) != (key == nil) {
            reader.context.faults.error(
                at: reader.location, "\(reader.path) has only one of certificate and key", remedy: "give both")
        }
        return ServerTLSModel(
            certificate: certificate, key: key,
            selfSignedDirectory: directory ?? Located("/var/lib/postroom/tls", at: .builtIn),
            minimumVersion: minimum ?? Located("1.2", at: .builtIn), cipherSuites: suites, names: names,
            inReceivedHeader: inReceivedHeader)
    }

    private static func version(_ reader: SectionReader) -> Located<String>? {
        reader.parsed("minimum_version", expected: "1.0, 1.1, 1.2 or 1.3") {
            ["1.0", "1.1", "1.2", "1.3"].contains($0) ? $0 : nil
        }
    }

    private static func named(_ reader: SectionReader) -> NamedCertificateModel? {
        let names = reader.require(reader.strings("server_names"), "server_names", remedy: "[mail.example.org]")
        let certificate = reader.require(path("certificate", reader), "certificate", remedy: "name a PEM file")
        let key = reader.require(path("key", reader), "key", remedy: "name a PEM file")
        reader.finish()
        guard let names, let certificate, let key else { return nil }
        return NamedCertificateModel(serverNames: names, certificate: certificate, key: key)
    }

    private static func path(_ key: String, _ reader: SectionReader) -> Located<String>? {
        reader.string(key).map { text in
            text.map { reader.context.absolute($0, relativeTo: text.location.file) }
        }
    }
}
