import MailModel
import Testing

/// RFC 5256 §2.1.
@Suite struct BaseSubjectTests {
    @Test(arguments: [
        ("Plan", "PLAN", false), ("Re: Plan", "PLAN", true), ("RE:Re :  Plan", "PLAN", true),
        ("Fw: Plan", "PLAN", true),
        ("fwd[x]: Plan", "PLAN", true), ("Re[2]: Plan", "PLAN", true), ("Reg: Plan", "REG: PLAN", false),
        ("[list] Plan", "PLAN", false), ("[list] Re: [other] Plan", "PLAN", true), ("[only]", "[ONLY]", false),
        ("[one] [two]", "[TWO]", false), ("[a[b] Plan", "[A[B] PLAN", false), ("Plan (fwd) (FWD) ", "PLAN", true),
        ("[fwd: Re: Plan (fwd)]", "PLAN", true), ("[Fwd: [list] Plan] (fwd)", "PLAN", true), ("(fwd)", "", true),
        ("  a\t\tb  ", "A B", false), ("", "", false), ("Re:", "", true), ("Re: [x] ", "[X]", true),
        ("=?utf-8?q?Re=3A_Gr=C3=BC=C3=9Fe?=", "GRU\u{308}ßE", true), ("[fwd:]", "", true),
    ])
    func `replies, forwards and lists leave the base`(_ subject: String, _ base: String, _ isReply: Bool) {
        let result = BaseSubject(Array(subject.utf8))
        #expect(String(decoding: result.key, as: UTF8.self).unicodeScalars.elementsEqual(base.unicodeScalars))
        #expect(result.isReplyOrForward == isReply)
    }

    @Test(arguments: ["[a]", "Re: ", "[fwd:", "(fwd)", "[", " ", "re[a]"])
    func `long runs of what is taken off end`(_ piece: String) {
        for tail in ["", "x", "]"] {
            _ = BaseSubject(Array((String(repeating: piece, count: 200_000) + tail).utf8))
        }
    }
}
