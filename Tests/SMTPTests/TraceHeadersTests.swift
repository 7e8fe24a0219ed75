import MailModel
import Net
import Testing

@testable import SMTP

struct TraceHeadersTests {
    private let headers = TraceHeaders(hostname: "mx.example.org", product: "Postfix")
    private let date = RFC5322Date(seconds: 1_795_255_953)

    private func session(
        tls: Bool = false, login: String? = nil, isExtended: Bool = true, isLMTP: Bool = false,
        address: String? = "192.0.2.7", helo: String? = "c.example"
    ) -> SMTPSessionFacts {
        SMTPSessionFacts(
            connection: ConnectionFacts(
                sessionID: "1", remoteAddress: address,
                tls: tls ? TLSFacts(version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384") : nil),
            helo: helo, isExtended: isExtended, isLMTP: isLMTP, login: login)
    }

    private func text(_ field: ComposedHeaderField) -> String { String(decoding: field.bytes, as: UTF8.self) }

    @Test func `Received with one recipient is folded as Postfix folds it`() {
        let field = headers.received(
            session(), clientName: "client.example", id: "4AbC", recipient: EmailAddress("b@example.org"), date: date)
        #expect(
            text(field)
                == "Received: from c.example (client.example [192.0.2.7])\r\n\tby mx.example.org (Postfix) with ESMTP id 4AbC\r\n"
                + "\tfor <b@example.org>; \(date.local())\r\n")
    }

    @Test func `Received with several recipients names none`() {
        let field = headers.received(session(address: "2001:db8::7"), id: "4AbC", recipient: nil, date: date)
        #expect(
            text(field)
                == "Received: from c.example (unknown [IPv6:2001:db8::7])\r\n\tby mx.example.org (Postfix) with ESMTP id 4AbC;\r\n"
                + "\t\(date.local())\r\n")
    }

    @Test func `TLS and login are told where the site wants it`() {
        var headers = headers
        headers.showsTLS = true
        headers.showsLogin = true
        let field = headers.received(session(tls: true, login: "alice"), id: "4AbC", recipient: nil, date: date)
        #expect(
            text(field).hasPrefix(
                "Received: from c.example (unknown [192.0.2.7])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)\r\n"
                    + "\t(Authenticated sender: alice)\r\n\tby mx.example.org (Postfix) with ESMTPSA id 4AbC;\r\n"))
    }

    // RFC 3848, RFC 6531 section 4.3
    @Test func `the protocol's name says what the session was`() {
        #expect(TraceHeaders.protocolName(session(isExtended: false), smtpUTF8: false) == "SMTP")
        #expect(TraceHeaders.protocolName(session(), smtpUTF8: false) == "ESMTP")
        #expect(TraceHeaders.protocolName(session(tls: true), smtpUTF8: false) == "ESMTPS")
        #expect(TraceHeaders.protocolName(session(login: "a"), smtpUTF8: false) == "ESMTPA")
        #expect(TraceHeaders.protocolName(session(tls: true, login: "a"), smtpUTF8: false) == "ESMTPSA")
        #expect(TraceHeaders.protocolName(session(tls: true, isLMTP: true), smtpUTF8: false) == "LMTPS")
        #expect(TraceHeaders.protocolName(session(tls: true, login: "a"), smtpUTF8: true) == "UTF8SMTPSA")
    }

    @Test func `nothing that a client or a directory says can begin another field`() {
        var headers = headers
        headers.showsLogin = true
        let field = headers.received(
            session(login: "a\r\nBcc: x", helo: "c\r\n\r\nbody"), clientName: "n\nX: y", id: "1", recipient: nil,
            date: date)
        let lines = text(field).split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.dropFirst().dropLast().allSatisfy { $0.hasPrefix("\t") })
        #expect(HeaderValue("a\r\nb") == nil)
        #expect(HeaderValue("a\u{0}") == nil)
        #expect(ComposedHeaderField(named: "X:", []) == nil)
    }

    @Test func `a date is written as RFC 5322 wants it`() {
        #expect(RFC5322Date(seconds: 0).utc() == "Thu, 1 Jan 1970 00:00:00 +0000")
        #expect(RFC5322Date(seconds: 951_782_400).utc() == "Tue, 29 Feb 2000 00:00:00 +0000")
        #expect(RFC5322Date(seconds: -1).utc() == "Wed, 31 Dec 1969 23:59:59 +0000")
    }
}
