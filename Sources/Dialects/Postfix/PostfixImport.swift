import Directory
import SiteConfiguration

/// Postfix's configuration → the model of a site.
package enum PostfixImport {
    /// Reads `main.cf` and `master.cf` and what they name. The other programs of an import come first, so that Postfix's
    /// sockets find them. What is wrong is added to the draft's faults, what became of each setting to its report.
    ///
    /// - Parameter directory: Postfix's own path of its configuration, usually `/etc/postfix`.
    package static func read(_ directory: String, into draft: inout SiteDraft) {
        let folder = directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        let reading = PostfixReading(draft, directory: folder)
        defer { draft = reading.draft }
        guard let text = draft.files.text("\(folder)/main.cf") else {
            reading.error(
                at: SourceLocation(file: draft.files.hostPath("\(folder)/main.cf")), "main.cf can't be read",
                remedy: "name the directory that holds Postfix's main.cf, readable for this user")
            return
        }
        var faults: [ConfigurationFault] = []
        reading.main.read(text, faults: &faults)
        let master: MasterConfiguration
        if let services = draft.files.text("\(folder)/master.cf") {
            master = MasterConfiguration(services, faults: &faults)
        } else {
            let place = SourceLocation(file: draft.files.hostPath("\(folder)/master.cf"))
            master = .withoutFile(at: place)
            reading.report(
                "master.cf", at: place, .used, "there is none: mail is taken on port 25, as Postfix's own file has it")
        }
        for fault in faults { reading.draft.add(fault) }

        reading.clientServices = master.services.filter {
            $0.type == "unix" && ["smtp", "lmtp"].contains($0.command)
        }
        RoutingReader(reading).read()
        ServicesReader(reading: reading, master: master).read()
        RestrictionReader(ParameterReader(reading)).tellUnusedClasses()
        TLSReader(ParameterReader(reading)).readSite()
        readLogins(reading, master)
        OutgoingReader(reading).read()
        for service in [nil] + master.services.filter({ $0.type == "inet" }).map(Optional.some) {
            let configuration = reading.main.overridden(by: service?.settings ?? [])
            FilterReader(reading, ParameterReader(reading, configuration)).read()
        }
        PostfixReport(reading).write()
    }

    /// One of the services may take logins, with parameters of its own.
    private static func readLogins(_ reading: PostfixReading, _ master: MasterConfiguration) {
        let main = ParameterReader(reading)
        let services = master.services.filter { $0.type == "inet" || $0.type == "pass" }.map {
            ParameterReader(reading, reading.main.overridden(by: $0.settings))
        }
        let taking = services.first { reader in
            ((try? reader.configuration.value("smtpd_sasl_auth_enable")) ?? "").lowercased() == "yes"
        }
        if let taking {
            LoginReader(reading, taking).read()
            return
        }
        for name in ["smtpd_sasl_type", "smtpd_sasl_path", "smtpd_sasl_local_domain", "smtpd_sasl_security_options"] {
            main.tell(name, .notNeeded, "no service takes logins (smtpd_sasl_auth_enable is no)")
        }
        reading.draft.model.senders.logins = TableReader(reading, effect: .relaying).tables(
            main.words("smtpd_sender_login_maps", "who owns a sender address"))
    }
}
