import DNS
import Testing

/// The name of a test, which is one.
func named(_ text: String) throws -> DNSName { try #require(DNSName(text)) }
