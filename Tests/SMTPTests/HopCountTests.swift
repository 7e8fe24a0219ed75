import NIOCore
import SMTP
import Testing

@Suite struct `Hops` {
    @Test(arguments: [
        ("", 0), ("Received: a\r\n\r\nReceived: b\r\n", 1),
        ("received: a\r\nX: y\r\nRECEIVED: b\r\n\tReceived: c\r\n", 2),
        ("X-Received: a\r\nReceived:", 1), ("\r\nReceived: a\r\n", 0), ("Received: a\nReceived: b\n\nReceived: c", 2),
    ])
    func `are counted in the header only`(text: String, count: Int) {
        #expect(HopCount.receivedFields(in: ByteBuffer(string: text)) == count)
    }
}
