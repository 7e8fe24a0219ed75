import Directory
import Synchronization

/// Compares plain text and counts its work; a `{X}` before the stored value is a scheme it doesn't know.
final class TestVerifier: PasswordVerifier {
    private let count = Mutex(0)

    var checks: Int { count.withLock { $0 } }

    func verify(_ password: [UInt8], against stored: [UInt8]) async -> Bool? {
        count.withLock { $0 += 1 }
        return stored.first == UInt8(ascii: "{") ? nil : password == stored
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
