extension MIMECorpus {
    /// Messages of several levels, as mail programs write them and as no mail program should.
    static let nested: [Entry] = [
        entry(
            "letter with everything",
            """
            From: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>
            To: Ann <ann@example.org>, "Lee, Bob" <bob@example.org>
            Subject: =?utf-8?b?R3LDvMOfZQ==?= and more
            Date: Wed, 17 Jul 2024 02:23:25 -0700
            Message-ID: <1@example.org>
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary="=_outer"

            This is a message in MIME format.
            --=_outer
            Content-Type: multipart/related; boundary="=_related"; type="multipart/alternative"

            --=_related
            Content-Type: multipart/alternative; boundary="=_alternative"

            --=_alternative
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            Gr=C3=BC=C3=9Fe =
            joined
            trailing=20

            --=_alternative
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: base64

            PGI+R3LDvMOfZTwvYj4K
            --=_alternative--

            --=_related
            Content-Type: image/png; name="a.png"
            Content-ID: <image@example.org>
            Content-Disposition: inline; filename="a.png"
            Content-Transfer-Encoding: base64

            iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA
            60e6kgAAAABJRU5ErkJggg==
            --=_related--
            --=_outer
            Content-Type: application/pdf; name*0*=utf-8'de'%C3%BCber; name*1*=%20lang; name*2=.pdf
            Content-Disposition: attachment; filename*=utf-8''%C3%BCber.pdf; size=5;
             creation-date="Wed, 17 Jul 2024 02:23:25 -0700"
            Content-Transfer-Encoding: BASE64
            Content-Language: de, en
            Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==
            Content-Location: https://example.org/x.pdf

            SGVsbG8=
            --=_outer
            Content-Type: message/rfc822
            Content-Description: the letter before
            Content-Disposition: attachment

            From: Ann <ann@example.org>
            Subject: before
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=inner

            --inner

            plain by default
            --inner
            Content-Type: message/rfc822

            Subject: innermost
            From: c@d

            the last body
            --inner--
            --=_outer--
            an epilogue

            """),
        entry(
            "message in message in message",
            """
            Subject: 1
            MIME-Version: 1.0
            Content-Type: message/rfc822

            Subject: 2
            From: b@b
            MIME-Version: 1.0
            Content-Type: message/rfc822

            Subject: 3
            MIME-Version: 1.0
            Content-Type: multipart/digest; boundary=d

            --d

            Subject: digested

            one
            --d
            Content-Type: text/plain

            two
            --d--

            """),
        entry(
            "report",
            """
            Subject: undeliverable
            MIME-Version: 1.0
            Content-Type: multipart/report; report-type=delivery-status; boundary="r=_1"

            --r=_1

            It could not be delivered.
            --r=_1
            Content-Type: message/delivery-status

            Reporting-MTA: dns; mail.example.org

            Final-Recipient: rfc822; a@b
            Action: failed
            Status: 5.1.1
            --r=_1
            Content-Type: text/rfc822-headers

            Subject: the letter
            From: c@d
            --r=_1--

            """),
        entry(
            "empty parts of all kinds",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\n--x\n\n\n--x\nContent-Type: text/html\n\n--x\nContent-Type: message/rfc822\n\n\n--x--\n"
        ),
        entry(
            "boundary is the beginning of another",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/mixed; boundary=xy\n\n--xy\n\none\n--xy--\n--x\n\ntwo\n--x--\n"
        ),
        entry(
            "the same boundary twice",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x--\n--x\n\ntwo\n--x--\n"
        ),
        entry(
            "never closed",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/mixed; boundary=y\n\n--y\n\none\n--y\n\ntwo\n"
        ),
        raw(
            "line feeds alone",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\none\ntwo\n--x\nContent-Transfer-Encoding: base64\n\naGVs\nbG8=\n--x--\n"
        ),
        entry(
            "RFC 2231 out of order",
            "MIME-Version: 1.0\nContent-Type: text/plain; a*1=two; a*0=one; b*0*=utf-8''%41; b*1=%42; c*=us-ascii'en'x%20y; d*2=gap; d*0=g\nContent-Disposition: attachment; filename*0=\"long \"; filename*1=\"name.txt\"; filename=short.txt\n\nx\n"
        ),
        entry(
            "eight bits in headers",
            "Subject: Grüße\nFrom: \"Jörg\" <j@x>\nMIME-Version: 1.0\nContent-Type: text/plain; name=\"Grüße.txt\"\nContent-Description: Grüße\nContent-Disposition: attachment; filename=Grüße.txt\n\nx\n"
        ),
        entry(
            "huge header",
            "Subject: big\n" + (0..<400).map { "X-Field-\($0): " + String(repeating: "v", count: 100) + "\n" }.joined()
                + "Received: " + String(repeating: "from here\n by there ", count: 500)
                + "\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x--\n"),
        entry(
            "deep",
            "MIME-Version: 1.0\n"
                + (0..<12).map { "Content-Type: multipart/mixed; boundary=b\($0)z\n\n--b\($0)z\n" }.joined()
                + "Content-Type: text/plain\n\nbottom\n"
                + (0..<12).reversed().map { "--b\($0)z--\n" }.joined()),
        entry(
            "encodings",
            """
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=e

            --e
            Content-Transfer-Encoding: base64

            aGVsbG8gd29y
             bGQ=
            --e
            Content-Transfer-Encoding: Quoted-Printable

            a=3Db=
            c =41=0D=0A
            --e
            Content-Transfer-Encoding: 8bit

            Grüße
            --e
            Content-Transfer-Encoding: binary

            as it is
            --e
            Content-Transfer-Encoding: 7bit (a comment)

            seven
            --e
            Content-Type: message/rfc822

            MIME-Version: 1.0
            Content-Transfer-Encoding: base64

            aW5uZXI=
            --e--

            """),
    ]
}
