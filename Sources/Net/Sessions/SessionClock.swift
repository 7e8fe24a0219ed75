import Logging
import NIOCore

/// What a handler remembers of time.
struct SessionClock {
    /// The last whole line, answer or change of phase.
    var lastProgress = NIODeadline.uptimeNanoseconds(0)
    /// Since when the client leaves our output unread.
    var unwritableSince: NIODeadline?
    /// When the client was last told, or began to wait.
    var lastNotice = NIODeadline.uptimeNanoseconds(0)
    /// The window in which input is measured against `minimumInputRate`, and what came in it.
    private var windowStart: NIODeadline?
    private var windowBytes = 0

    static let window: TimeAmount = .minutes(1)

    mutating func started(_ now: NIODeadline) {
        lastProgress = now
        windowStart = nil
    }

    /// A wait's answer counts as progress of no bytes, and starts a new window: the client could not send meanwhile.
    mutating func progressed(_ bytes: Int, _ now: NIODeadline) {
        lastProgress = now
        if bytes == 0 { windowStart = nil } else { windowBytes &+= bytes }
    }

    /// The moment at which the present window is judged; starts one if there is none.
    mutating func windowEnd(_ now: NIODeadline) -> NIODeadline {
        if windowStart == nil {
            windowStart = now
            windowBytes = 0
        }
        return (windowStart ?? now) + Self.window
    }

    /// Whether the window that has ended held enough; begins the next.
    mutating func closeWindow(rate: Int, _ now: NIODeadline) -> Bool {
        let wanted = rate &* Int(Self.window.nanoseconds / 1_000_000_000)
        let isEnough = windowBytes >= wanted
        windowStart = now
        windowBytes = 0
        return isEnough
    }

    mutating func leaveWindow() {
        windowStart = nil
    }
}

extension SessionHandler {
    /// When the present phase must have ended, if it must.
    private func deadline() -> NIODeadline? {
        switch phase {
        case .connecting, .upgrading: clock.lastProgress + options.handshakeTimeout
        case .closing: clock.lastProgress + options.closeTimeout
        case .open:
            // A client that reads nothing is not silent: it is waited for, but not longer than `writeTimeout`.
            if let since = clock.unwritableSince {
                since + options.writeTimeout
            } else {
                engine.map { clock.lastProgress + $0.inputTimeout }
            }
        case .waiting where clock.unwritableSince == nil:
            engine?.progressInterval.map { clock.lastNotice + $0 }
        case .blocked, .waiting: clock.unwritableSince.map { $0 + options.writeTimeout }
        case .permittingTLS, .leaving, .closed: nil
        }
    }

    func watchTheClock(_ context: ChannelHandlerContext) {
        guard var deadline = deadline() else { return }
        if case .open = phase, clock.unwritableSince == nil, engine?.minimumInputRate != nil {
            deadline = min(deadline, clock.windowEnd(context.eventLoop.now))
        } else {
            clock.leaveWindow()
        }
        guard timer.isLate(for: deadline) else { return }
        timer.schedule(at: deadline, on: context.eventLoop) { self.timerFired(context) }
    }

    private func timerFired(_ context: ChannelHandlerContext) {
        timer.fired()
        let now = context.eventLoop.now
        guard let deadline = deadline() else { return }
        if now >= deadline {
            switch phase {
            case .open where clock.unwritableSince == nil: return timeOut(context)
            case .waiting where clock.unwritableSince == nil:
                tellProgress(context)
                return watchTheClock(context)
            default:
                options.logger.debug(
                    "closing a connection that is too slow", metadata: ["session": "\(facts.sessionID)"])
                return context.channel.close(mode: .all, promise: nil)
            }
        }
        if case .open = phase, clock.unwritableSince == nil, let rate = engine?.minimumInputRate,
            now >= clock.windowEnd(now), !clock.closeWindow(rate: rate, now)
        {
            return timeOut(context)
        }
        watchTheClock(context)
    }
}
