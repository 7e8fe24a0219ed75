import Directory
import SiteConfiguration

/// What docker-mailserver runs beside Postfix for mail that leaves: postsrsd, and the daemon that looks up policies of
/// MTA-STS.
extension Composition {
    /// Where docker-mailserver keeps the secret that it makes: with ONE_DIR, which is on unless it is turned off, in the volume
    /// for state, below the path that postsrsd knows (its setup.d/mail_state.sh).
    private var secretFile: String {
        let file = "/etc/postsrsd.secret"
        return environment.isOne("ONE_DIR", or: true) ? "/var/mail-state\(file)" : file
    }

    mutating func composeOutgoing() {
        if environment.isOne("ENABLE_MTA_STS") {
            draft.model.outgoing.asksForSTS = Located(true, at: environment.location("ENABLE_MTA_STS"))
        }
        guard environment.isOne("ENABLE_SRS") else { return }
        let location = environment.location("ENABLE_SRS")
        var srs = SRSModel(
            domain: environment.nonEmpty("SRS_DOMAINNAME") ?? domainname,
            secretFile: Located(draft.files.hostPath(secretFile), at: location))
        srs.makesSecret = true
        if let given = environment.nonEmpty("SRS_SECRET") {
            srs.givenSecrets = given.value.split(separator: ",").map { Array($0.utf8) }
            notes["SRS_SECRET"] = (
                .used, "signs rewritten senders; for a postroom.yaml write it into \(srs.secretFile.value)"
            )
        }
        srs.excludedDomains =
            environment.nonEmpty("SRS_EXCLUDE_DOMAINS").map { list in
                list.value.split { $0 == "," || $0 == " " }.map { Located(String($0), at: list.location) }
            }
            ?? []
        let classes = environment.text("SRS_SENDER_CLASSES")
        if !classes.isEmpty, classes != "envelope_sender" {
            notes["SRS_SENDER_CLASSES"] = (.ignored, "senders of envelopes are rewritten, those of headers never")
        }
        draft.model.outgoing.srs = srs
    }
}
