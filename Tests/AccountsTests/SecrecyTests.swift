import Accounts
import Directory
import LDAP
import MailModel
import Testing

struct SecrecyTests {
    /// Everything that a login leaves behind for logs and `explain`, dumped to the last field.
    @Test(arguments: Site.Check.allCases, [Site.bobPassword, "canary-wrong"])
    func `no password and no hash appears in any step or description`(
        check: Site.Check, password: String
    ) async throws {
        let site = Site(
            passMapping: "uid=user,userPassword=password,=pass=%{ldap:userPassword}",
            cache: LoginCache(timeToLive: .seconds(60)), check: check)
        let accounts = try site.accounts()
        for login in ["bob", "nobody"] {
            let request = LoginRequest(login, password)
            let (outcome, steps) = await accounts.logIn(request)
            var text = "\(request) \(outcome) \(steps)\n"
            dump(request, to: &text)
            dump(outcome, to: &text)
            dump(steps, to: &text)
            dump(accounts, to: &text)
            for secret in [password, "4P1v09Br7Dto1rXb"] {
                #expect(!text.contains(secret))
                // As dumped octets.
                let octets = secret.utf8.map { "\($0)" }
                #expect(!text.contains(octets.joined(separator: ", ")))
                #expect(
                    !text.split(separator: "\n").map { $0.drop { $0 == " " || $0 == "-" } }.joined(separator: ",")
                        .contains(octets.joined(separator: ",")))
            }
        }
    }

    @Test func `fields hide passwords`() {
        var fields = Fields()
        fields.set("password", to: Array("canary".utf8))
        fields.set("home", to: Array("/home/bob".utf8))
        var text = "\(fields) \(String(reflecting: fields)) \(fields.all)"
        dump(fields, to: &text)
        #expect(!text.contains("canary"))
        #expect(!text.contains("97"))
        #expect(text.contains("home=/home/bob"))
    }
}
