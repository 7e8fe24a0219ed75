import Directory
import LDAP
import SiteConfiguration

/// saslauthd(8): who checks passwords for a Postfix whose SASL is Cyrus'.
package enum SaslauthdImport {
    /// - Parameter path: `saslauthd.conf`, the file of its start (`/etc/default/saslauthd`), or a folder that holds either.
    package static func read(_ path: String, into draft: inout SiteDraft) {
        let place = SourceLocation(file: draft.files.hostPath(path))
        let startFile = draft.files.text(firstOf: startPaths(path))
        var start = SaslauthdStart()
        if let startFile { start = SaslauthdStart(startFile, &draft) }
        let isStartFile = startFile.map { $0.path == path } ?? false
        let settings = draft.files.text(firstOf: configurationPaths(isStartFile ? nil : path, start))

        let mechanism =
            start.mechanism
            ?? Located("ldap", at: settings.map { SourceLocation(file: $0.hostPath ?? $0.path) } ?? place)
        var database: PasswordDatabaseModel?
        switch mechanism.value {
        case "ldap":
            guard let settings else {
                draft.error(
                    at: mechanism.location, "saslauthd.conf can't be read",
                    remedy: "name the file or its folder: saslauthd:/etc/saslauthd.conf")
                return
            }
            let file = SaslauthdConfigurationFile(settings, &draft)
            database = SaslauthdLDAP.database(file, joinsRealm: start.joinsRealm?.value ?? false, &draft)
        case "rimap": database = remoteIMAP(start, mechanism, &draft)
        default:
            draft.tell(
                "saslauthd -a", mechanism.value, at: mechanism.location, .unsupported(.login),
                "passwords are checked by \"\(mechanism.value)\"; Postroom does ldap and rimap, or asks the running saslauthd"
            )
            return
        }
        guard let database else { return }
        draft.saslauthd = SaslauthdService(
            passwords: joined(database, draft),
            socket: start.socketFolder ?? Located("/var/run/saslauthd", at: .builtIn),
            joinsRealm: start.joinsRealm?.value ?? false)
    }

    /// A rimap that leads to the Dovecot of the same import is that Dovecot's own chain.
    private static func joined(_ database: PasswordDatabaseModel, _ draft: SiteDraft) -> [PasswordDatabaseModel] {
        guard let service = database.service?.value, service.hasPrefix("imap:"),
            let dovecot = draft.dovecot
        else { return [database] }
        let address = String(service.dropFirst("imap:".count))
        guard dovecot.imapAddresses.contains(where: { leads($0.value, to: address) }) else { return [database] }
        return draft.model.accounts.passwords
    }

    /// Whether a client of `address` arrives at a listener: `*:143` takes 127.0.0.1:143.
    static func leads(_ listener: String, to address: String) -> Bool {
        guard let colon = listener.lastIndex(of: ":"), let other = address.lastIndex(of: ":"),
            listener[colon...] == address[other...]
        else { return false }
        let host = String(listener[..<colon])
        let target = String(address[..<other])
        if host == target { return true }
        let isLoopback = target == "localhost" || target == "::1" || target == "[::1]" || target.hasPrefix("127.")
        return isLoopback && ["*", "::", "[::]", "0.0.0.0", "localhost", "127.0.0.1", "::1"].contains(host)
    }

    /// `-O HOST[/SERVICE]`.
    private static func remoteIMAP(
        _ start: SaslauthdStart, _ mechanism: Located<String>, _ draft: inout SiteDraft
    ) -> PasswordDatabaseModel? {
        guard let options = start.mechanismOptions, !options.value.isEmpty else {
            draft.error(
                at: mechanism.location, "rimap has no server to ask",
                remedy: "MECH_OPTIONS=127.0.0.1, or -O HOST in OPTIONS")
            return nil
        }
        let parts = options.value.split(separator: "/", maxSplits: 1).map(String.init)
        let ports = ["imap": 143, "imap2": 143]
        let service = parts.count == 2 ? parts[1] : "imap"
        guard let host = parts.first, let port = ports[service] ?? UInt16(service).map(Int.init), port > 0 else {
            draft.error(
                at: options.location, "\"\(options.value)\" is no IMAP server",
                remedy: "HOST or HOST/PORT; rimap has no TLS, so the port of IMAP without it")
            return nil
        }
        var database = PasswordDatabaseModel(check: Located(.service, at: options.location))
        database.service = Located("imap:\(host):\(port)", at: options.location)
        let isLocal = host == "localhost" || host == "::1" || host.hasPrefix("127.")
        if !isLocal {
            draft.tell(
                "rimap", host, at: options.location, .weak, "passwords go to \(host) unencrypted: rimap knows no TLS")
        }
        return database
    }

    private static func startPaths(_ path: String) -> [String] {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        // The file of its start is given, lies in the folder, or where the system has it beside the settings.
        var paths = [path + "/default/saslauthd", path + "/sysconfig/saslauthd", path + "/saslauthd"]
        if name == "saslauthd" { paths.insert(path, at: 0) }
        if name == "saslauthd.conf" {
            let folder = path.dropLast(name.count + 1)
            paths = [folder + "/default/saslauthd", folder + "/sysconfig/saslauthd"]
        }
        return paths
    }

    private static func configurationPaths(_ path: String?, _ start: SaslauthdStart) -> [String] {
        var paths: [String] = []
        if start.mechanism?.value != "rimap", let options = start.mechanismOptions?.value { paths.append(options) }
        if let path { paths += [path, path + "/saslauthd.conf", path + "/etc/saslauthd.conf"] }
        return paths + ["/etc/saslauthd.conf"]
    }
}
