import Directory

/// `tls:` of the site and of a directory.
enum TLSSection {
    static func readClient(_ parent: SectionReader) -> ClientTLSModel {
        guard let reader = parent.section("tls") else { return ClientTLSModel() }
        let model = ClientTLSModel(
            caFile: path("ca_file", reader), certificate: path("certificate", reader), key: path("key", reader),
            verifies: reader.boolean("verify")?.value ?? true)
        reader.finish()
        if !model.verifies {
            reader.context.faults.warning(
                at: reader.location, "\(reader.path).verify is off: anybody between can read and change the answers",
                remedy: "give ca_file and leave verify on")
        }
        return model
    }

    static func readServer(_ site: SectionReader) -> ServerTLSModel {
        let reader = site.section("tls")
        let certificate = reader.flatMap { path("certificate", $0) }
        let key = reader.flatMap { path("key", $0) }
        let directory = reader.flatMap { path("self_signed_directory", $0) }
        let minimum = reader?.parsed("minimum_version", expected: "1.2 or 1.3") {
            ["1.2", "1.3"].contains($0) ? $0 : nil
        }
        reader?.finish()
        if let reader, (certificate == nil) != (key == nil) {
            reader.context.faults.error(
                at: reader.location, "\(reader.path) has only one of certificate and key", remedy: "give both")
        }
        return ServerTLSModel(
            certificate: certificate, key: key,
            selfSignedDirectory: directory ?? Located("/var/lib/postroom/tls", at: .builtIn),
            minimumVersion: minimum ?? Located("1.2", at: .builtIn))
    }

    private static func path(_ key: String, _ reader: SectionReader) -> Located<String>? {
        reader.string(key).map { text in
            text.map { reader.context.absolute($0, relativeTo: text.location.file) }
        }
    }
}
