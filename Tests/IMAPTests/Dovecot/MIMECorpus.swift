/// Messages that are hard to take apart, each for a reason of its own.
enum MIMECorpus {
    struct Entry: Sendable, CustomStringConvertible {
        let name: String
        let bytes: [UInt8]
        var description: String { name }
    }

    static func entry(_ name: String, _ text: String) -> Entry {
        Entry(name: name, bytes: Array(text.replacing("\n", with: "\r\n").utf8))
    }

    static func raw(_ name: String, _ text: String) -> Entry {
        Entry(name: name, bytes: Array(text.utf8))
    }

    static let all: [Entry] = simple + addresses + headers + multiparts + parameters + broken + nested

    static let simple: [Entry] = [
        entry(
            "plain",
            "From: Fred <fred@example.org>\nTo: joe@example.com\nSubject: Hello\nDate: Mon, 7 Feb 1994 21:52:25 -0800\nMessage-ID: <1@x>\n\nHi Joe\nbye\n"
        ),
        entry("no body", "From: a@b\nSubject: nothing\n\n"),
        entry("header only", "From: a@b\nSubject: nothing\n"),
        raw("header without line end", "From: a@b\r\nSubject: nothing"),
        entry("empty header", "\nJust a body\n"),
        raw("empty", ""),
        raw("one character", "x"),
        raw("line feeds only", "From: a@b\nSubject: LF\n\nOne\nTwo\n"),
        raw("body without line end", "Subject: x\r\n\r\nno end"),
        entry(
            "html",
            "MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<p>h=C3=A9</p>\n"
        ),
        entry(
            "not MIME",
            "Content-ID: <x>\nContent-Description: ignored\nContent-Transfer-Encoding: base64\nSubject: s\n\nx\n"),
        entry("type without version", "Content-Type: text/csv; header=present\n\na,b\n"),
        entry("version without type", "MIME-Version: 1.0\nContent-ID: <shown@x>\nContent-MD5: abcd\n\nx\n"),
        entry(
            "image",
            "MIME-Version: 1.0\nContent-Type: image/png; name=\"a b.png\"\nContent-Transfer-Encoding: BASE64\nContent-Disposition: attachment; filename=\"a b.png\"; size=12\nContent-ID: <i@x>\nContent-Description: A picture\nContent-Language: en, de\nContent-Location: http://x/y\nContent-MD5: Q2hlY2s=\n\niVBORw0KGgo=\n"
        ),
    ]

    static let addresses: [Entry] =
        [
            "a@b.c", "<a@b.c>", "Name <a@b.c>", "\"Quoted, Name\" <a@b.c>", "a@b.c (Comment Name)", "a@b.c, d@e.f",
            "Group: a@b, c@d;", "Empty:;", "undisclosed-recipients:;", "A:b@c;, d@e", "=?utf-8?q?J=C3=B6rg?= <j@x>",
            "Fred Foobar <foobar@Blurdybloop.example.COM>, Other <o@x>", "no domain", "Name <only>", "<>", "Name <>",
            "<@route.org,@two.org:user@dom.org>", "<@bad", "a@[127.0.0.1]", "\"quoted local\"@x.org", "a . b @ c . d",
            "a@b,,c@d", ", a@b", "a@b,", "a@b;c@d", "Unclosed \"quote <a@b>", "(only a comment)", "a (nested (c)) @b",
            "Dr. John Q. Public <j@x.org>", "\"Back\\\\slash \\\"q\\\"\" <a@b>", "a@b <c@d>", "a@", "@b", "a b <c@d> e",
            "a@b.c (one) (two)", "Tab\tbed   Name <a@b>", "\"\" <a@b>", ".dot@x", "a..b@x", "a.@x", "::", "x:y:z;",
            "<a@b",
            "Name <a@b>>", "Grüße <g@x.org>", "g:a@b", "g: ,;", "a@b(c", "\"unclosed", "a@b.c.", "<a@b>,<c@d>",
        ].map { entry("address \($0)", "From: \($0)\nTo: x@y, \($0)\n\nbody\n") } + [
            entry("folded addresses", "To: One <a@b>,\n Two\n <c@d>,\n\t\"Three\n Four\" <e@f>\nFrom: x@y\n\nb\n"),
            entry(
                "repeated fields",
                "From: a@b\nFrom: c@d\nSubject: one\nSubject: two\nTo: a@b\nTo:\nSender: s@x\nReply-To: r@x\n\nb\n"),
            entry("empty sender", "From: a@b\nSender: \nReply-To:\nTo: \nCc: c@c\nBcc: b@b\nIn-Reply-To: <q@w>\n\nb\n"),
            entry("folded comment", "From: a@b (folded\n comment)\n\nb\n"),
            entry("folded quoted", "From: \"a\n  b\" <a@b>\n\nb\n"),
        ]

    static let headers: [Entry] = [
        entry("folded subject", "Subject: one\n two\n\tthree\n   four\nDate: Mon,\n 1 Jan\nMessage-ID:\n <x@y>\n\nb\n"),
        entry("blank subject", "Subject: \nDate:  \nMessage-ID:\n\nb\n"),
        entry("fold after blank", "Subject:  \n text\nDate:\n 1 Jan\n\nb\n"),
        entry("trailing blanks", "Subject: x  \t \nDate: y \n\nb\n"),
        entry("leading blanks", "Subject: \t  x\nDate: \t y\n\nb\n"),
        entry("tabs inside", "Subject: a\tb  c\nMessage-ID: <a\tb>\n\nb\n"),
        entry("eight bits", "Subject: Grüße\nFrom: Jörg <j@x>\n\nGrüße\n"),
        entry("quotes", "Subject: say \"hi\" \\ there\nMessage-ID: <\"a\\b\">\nDate: \"\"\"\"\"\"\n\nb\n"),
        entry("blank before colon", "Subject : spaced\nFrom\t: a@b\n\nb\n"),
        entry("no colon", "From: a@b\nthis is no field\nSubject: after\n\nb\n"),
        entry("only a colon", ": value\nSubject: x\n\nb\n"),
        entry("begins with a fold", " folded first\nSubject: x\n\nb\n"),
        entry("From line inside", "From a@b Mon Jan  1 00:00:00 2024\nSubject: x\n\nb\n"),
        raw("bare CR", "Subject: a\rb\r\nFrom: x@y\r\n\r\nbody\rmore\r\n"),
        entry("encoded words", "Subject: =?utf-8?B?R3LDvMOfZQ==?= =?iso-8859-1?q?=E4?=\n\nb\n"),
        entry(
            "case of names", "sUBJECT: x\nFROM: a@b\nmime-version: 1.0\ncontent-type: TEXT/Plain; CharSet=UTF-8\n\nb\n"),
    ]

    static let multiparts: [Entry] = [
        entry(
            "mixed",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b1\"\nSubject: m\n\npreamble\n--b1\nContent-Type: text/plain\n\none\n--b1\nContent-Type: text/html; charset=utf-8\n\n<b>two</b>\n\n--b1--\nepilogue\n"
        ),
        entry(
            "alternative in mixed",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=outer\n\n--outer\nContent-Type: multipart/alternative; boundary=inner\n\n--inner\n\nplain\n--inner\nContent-Type: text/html\n\n<p>\n--inner--\n\n--outer\nContent-Type: application/pdf; name=x.pdf\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment\n\nQUJD\n--outer--\n"
        ),
        entry(
            "message within",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nFrom: in@x\nSubject: inner\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nfirst\n--c\nContent-Type: text/html\n\nsecond\n--c--\n--b--\n"
        ),
        entry(
            "message in message",
            "MIME-Version: 1.0\nContent-Type: message/rfc822\nSubject: outer\n\nContent-Type: message/rfc822\nSubject: middle\n\nSubject: innermost\nFrom: a@b\n\nhello\nworld\n"
        ),
        entry(
            "plain message within",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\nContent-Type: message/rfc822; name=fwd\nContent-Disposition: inline\nContent-ID: <m@x>\n\nSubject: inner\nTo: t@x\n\nbody\nlines\n--b--\n"
        ),
        entry(
            "digest",
            "MIME-Version: 1.0\nContent-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: one\n\n1\n--d\nContent-Type: text/plain\n\ntext\n--d--\n"
        ),
        entry("no close", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n"),
        entry(
            "nested without close",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nin b\n--a\n\nin a\n--a--\n"
        ),
        entry(
            "same boundary nested",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a--\n--a\n\ny\n--a--\n"
        ),
        entry(
            "prefix boundaries",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=ab\n\n--ab\nContent-Type: multipart/mixed; boundary=abc\n\n--abc\n\nx\n--abc--\n--ab\n\ny\n--ab--\n"
        ),
        entry(
            "boundary with dashes",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"foo--\"\n\n--foo--\n\nx\n--foo----\n"),
        entry(
            "longer line than boundary",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--bxyz\n\none\n--b  \n\ntwo\n--b--x\nepi\n"
        ),
        entry("no parts", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\nnothing here\n"),
        entry("closed at once", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b--\n"),
        entry("no boundary parameter", "MIME-Version: 1.0\nContent-Type: multipart/mixed\n\n--b\n\nx\n--b--\n"),
        entry("empty boundary", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx\n----\n"),
        entry(
            "empty parts",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\n--b\n\n\n--b--\n"),
        entry(
            "headers without body",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n--b\nContent-Type: image/gif\n\n--b--\n"
        ),
        raw(
            "boundary at the end",
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b"),
        raw(
            "boundary line at the end",
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"),
        raw(
            "close without line end",
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--"),
        raw(
            "line feeds in multipart",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n\n--b--\n"
        ),
        entry(
            "second close",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n--b\n\ny\n--b--\n"),
        entry(
            "multipart attributes",
            "MIME-Version: 1.0\nContent-Type: multipart/related; type=\"text/html\"; start=\"<a>\"; boundary=b\nContent-Disposition: inline; foo=bar\nContent-Language: en\nContent-Location: loc\n\n--b\nContent-ID: <a>\n\nx\n--b--\n"
        ),
        entry(
            "message ended by boundary",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: cut\n--b\n\ny\n--b--\n"
        ),
        entry(
            "message without content",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n--b--\n"
        ),
        entry(
            "blank lines around",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\n\n--b\n\n\n\n\n--b--\n\n\n"),
        entry(
            "three deep",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\ndeep\n--c\n\ndeeper\n--c--\n--b\n\nmid\n--b--\n--a\n\nout\n--a--\n"
        ),
    ]

    static let parameters: [Entry] =
        [
            "text/plain; charset=utf-8; format=flowed", "text/plain; charset=\"a\\\"b\"", "text/plain;charset=x;",
            "text/plain; name*0=abc; name*1=def", "text/plain; name*0*=utf-8''a%20; name*1=\"b c\"; name*2*=%41",
            "text/plain; x*0*=''a; x*1=\"b%c'd*e<f>@g/h=i?j[k](l)m,n;o:p\\\\qär\"",
            "text/plain; name*1=def; name*0=abc", "text/plain; name*0=abc; name*2=def",
            "text/plain; name*=utf-8''%e2%82",
            "text/plain; name==?utf-8?q?x?=; b=c", "text/plain; name=", "text/plain; =x; a=b", "text/plain; a b=c; d=e",
            "text/plain; a=b c; d=e", "text/plain; a=\"unclosed; d=e", "text/plain (comment); a=(c)b", "text", "text/",
            "/plain", "", "text /  plain ; a = b", "text/plain, a=b", "text/plain; a=b; a=c",
            "application/x-y.z+json; a=b",
            "TEXT/HTML; CHARSET=X", "weird", "multipart/mixed; boundary", "a/b/c", "text/plain; a=b/c?d", "text;plain",
            "message/rfc822x", "message/partial; number=1", "message/delivery-status", "text/x; n=\"fol\n ded\"",
            "text/plain;\n charset=a;\n\tb=c", "text/plain; a=ü", "text/plain; n*0=a; N*1=b; m*0=c; z=1", "multipart/",
        ].map {
            entry(
                "type \($0)",
                "MIME-Version: 1.0\nContent-Type: \($0)\nContent-Disposition: attachment; \($0)\n\nbody\nlines\n")
        } + [
            entry(
                "encoding junk",
                "MIME-Version: 1.0\nContent-Transfer-Encoding: x y\nContent-Disposition:\nContent-Language:\nContent-ID: \n\nb\n"
            ),
            entry(
                "encoding comment",
                "MIME-Version: 1.0\nContent-Transfer-Encoding: (c) 8bit (d)\nContent-Disposition: (x) inline (y)\nContent-Language: en-US, de ,fr;x\n\nb\n"
            ),
            entry(
                "repeated content fields",
                "MIME-Version: 1.0\nContent-Type: text/html\nContent-Type: image/gif\nContent-ID: <1>\nContent-ID: <2>\nContent-Disposition: a; x=1\nContent-Disposition: b; y=2\n\nb\n"
            ),
            entry(
                "folded content fields",
                "MIME-Version: 1.0\nContent-Description: one\n two\n\tthree\nContent-ID:\n <x>\nContent-Location: http://a/\n b\n\nb\n"
            ),
        ]

    static let broken: [Entry] = [
        raw("NUL", "Subject: a\u{0}b\r\nFrom: x\u{0}y@z\r\n\r\nbo\u{0}dy\r\n"),
        entry("nested beyond the limit", nested(depth: 120)),
        entry(
            "messages beyond the limit",
            String(repeating: "Content-Type: message/rfc822\n\n", count: 120) + "Subject: core\n\nx\n"),
        entry("long field", "Subject: " + String(repeating: "word ", count: 4000) + "\n\nb\n"),
        entry("many addresses", "To: " + (0..<400).map { "u\($0)@example.org" }.joined(separator: ",\n ") + "\n\nb\n"),
    ]

    private static func nested(depth: Int) -> String {
        var text = "MIME-Version: 1.0\n"
        for level in 0..<depth { text += "Content-Type: multipart/mixed; boundary=\"b\(level)x\"\n\n--b\(level)x\n" }
        text += "\ncore\n"
        for level in (0..<depth).reversed() { text += "--b\(level)x--\n" }
        return text
    }
}
