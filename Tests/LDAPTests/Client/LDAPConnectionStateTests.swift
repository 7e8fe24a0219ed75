import NIOCore
import Testing

@testable import LDAP

@Suite struct LDAPConnectionStateTests {
    private typealias State = LDAPConnectionState<String>
    private static let start = NIODeadline.uptimeNanoseconds(1000)
    private static let success = LDAPResult(.success)

    private static func begin(
        _ state: inout State, _ kind: State.Kind, _ ticket: String, deadline: UInt64 = 5000
    ) throws -> Int {
        try state.start(kind, at: start, deadline: .uptimeNanoseconds(deadline), ticket: ticket)
    }

    @Test func `answers find their requests by id`() throws {
        var state = State()
        let first = try Self.begin(&state, .search, "first")
        let second = try Self.begin(&state, .compare, "second")
        #expect(first != second)
        guard
            case .deliver(let later, isFinal: true) = state.receive(
                LDAPMessage(id: second, operation: .compareResponse(Self.success))),
            case .deliver(let entry, isFinal: false) = state.receive(
                LDAPMessage(id: first, operation: .searchResultEntry(LDAPEntry(name: "o=x")))),
            case .deliver(let done, isFinal: true) = state.receive(
                LDAPMessage(id: first, operation: .searchResultDone(Self.success)))
        else {
            Issue.record("all three are answers")
            return
        }
        #expect([later.ticket, entry.ticket, done.ticket] == ["second", "first", "first"])
        #expect(state.isIdle)
        guard case .ignore = state.receive(LDAPMessage(id: first, operation: .searchResultDone(Self.success))) else {
            Issue.record("nobody waits for it any more")
            return
        }
    }

    @Test(arguments: [State.Kind.bind, .startTLS])
    private func `a bind or StartTLS is alone on its connection`(kind: State.Kind) throws {
        var state = State()
        let search = try Self.begin(&state, .search, "search")
        #expect(throws: State.Refusal.operationsOutstanding) { _ = try Self.begin(&state, kind, "alone") }
        state.remove(search)
        let id = try Self.begin(&state, kind, "alone")
        #expect(throws: State.Refusal.exclusiveOperationInProgress) { _ = try Self.begin(&state, .search, "other") }
        state.remove(id)
        _ = try Self.begin(&state, .search, "other")
    }

    @Test func `between the StartTLS response and the end of the handshake every message is a fault`() throws {
        var state = State()
        let id = try Self.begin(&state, .startTLS, "secure")
        let answer = LDAPMessage(id: id, operation: .extendedResponse(LDAPExtendedResponse(Self.success)))
        guard case .startTLS = state.receive(answer) else {
            Issue.record("the handshake should begin")
            return
        }
        #expect(throws: State.Refusal.exclusiveOperationInProgress) { _ = try Self.begin(&state, .search, "x") }
        guard case .disconnect(.protocolViolation, _) = state.receive(answer) else {
            Issue.record("nothing may come in the clear")
            return
        }
        #expect(state.finishTLS()?.ticket == "secure")
        _ = try Self.begin(&state, .search, "x")
    }

    @Test func `what is over time is given back, the rest stays`() throws {
        var state = State()
        _ = try Self.begin(&state, .search, "short", deadline: 2000)
        _ = try Self.begin(&state, .search, "long", deadline: 9000)
        #expect(state.nextDeadline == .uptimeNanoseconds(2000))
        #expect(state.expire(at: .uptimeNanoseconds(1999)).isEmpty)
        #expect(state.expire(at: .uptimeNanoseconds(2000)).map(\.operation.ticket) == ["short"])
        #expect(state.nextDeadline == .uptimeNanoseconds(9000))
        #expect(state.close().map(\.ticket) == ["long"])
        #expect(throws: State.Refusal.closing) { _ = try Self.begin(&state, .search, "late") }
    }
}

@Suite struct ServerListTests {
    private func order(_ list: ServerList, at now: NIODeadline) -> [Int]? {
        if case .servers(let indices) = list.attempt(at: now) { indices } else { nil }
    }

    @Test func `servers are tried in order, those that failed lately last`() {
        var list = ServerList(count: 3)
        let now = NIODeadline.uptimeNanoseconds(1_000_000_000)
        #expect(order(list, at: now) == [0, 1, 2])
        list.failed(0, at: now, jitter: 1)
        #expect(order(list, at: now) == [1, 2, 0])
        #expect(!list.isRested(0, at: now))
        #expect(order(list, at: now + ServerList.firstDelay) == [0, 1, 2])
        list.succeeded(0)
        #expect(list.isRested(0, at: now))
    }

    @Test func `when all fail there is a pause, and an end of it`() {
        var list = ServerList(count: 1)
        let now = NIODeadline.uptimeNanoseconds(1_000_000_000)
        let error = LDAPError(.connectFailed, server: "", text: "down")
        list.allFailed(error, at: now, jitter: 1)
        guard case .notNow(error) = list.attempt(at: now) else {
            Issue.record("there should be a pause")
            return
        }
        #expect(order(list, at: now + ServerList.firstPause) == [0])
    }

    @Test(arguments: [0, 1, 5, 20, 1_000_000])
    func `delays double up to the longest and are spread`(failures: Int) {
        let longest = ServerList.delay(failures, first: .milliseconds(500), longest: .seconds(30), jitter: 1)
        let shortest = ServerList.delay(failures, first: .milliseconds(500), longest: .seconds(30), jitter: 0)
        let expected = min(500 * (1 << min(failures, 10)), 30_000)
        #expect(longest == .milliseconds(Int64(expected)))
        #expect(shortest == .milliseconds(Int64(expected) / 2))
    }
}
