import Glibc

/// One line on a terminal that says what is being done; nothing where nobody looks.
struct ProgressLine: Sendable {
    private let isShown = isatty(STDERR_FILENO) == 1 && Terminal.isColoured

    func show(_ text: String) {
        guard isShown else { return }
        put("\r\u{1B}[K\(text.prefix(76))")
    }

    func clear() {
        guard isShown else { return }
        put("\r\u{1B}[K")
    }

    private func put(_ text: String) {
        var text = text
        text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
