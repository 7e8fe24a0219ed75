import Glibc
import SiteConfiguration

/// The msg-id of a greeting (RFC 1939 §7): never twice, and not to be foreseen.
enum APOPTimestamp {
    static func make(_ hostname: String) -> String {
        "<\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).\(time(nil))@\(hostname)>"
    }
}

extension AccountsModel {
    /// Named among the mechanisms, and some database may hold passwords as they are.
    var offersAPOP: Bool {
        mechanisms.contains { $0.value.uppercased() == Self.apop }
            && passwords.contains { database in
                switch database.check.value {
                case .hash, .passwdFile, .fixed: true
                case .bind, .searchThenBind, .service, .saslauthd: false
                }
            }
    }

    /// No mechanism of SASL, but named beside them, as Dovecot does.
    static let apop = "APOP"
}
