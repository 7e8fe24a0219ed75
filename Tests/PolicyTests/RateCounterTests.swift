import Policy
import Testing

@Suite struct RateCounterTests {
    private let start = ContinuousClock.now
    private let limit = RateLimit(10, per: .seconds(3600))

    @Test func `so many are admitted in a time, and again when it is over`() {
        var counter = RateCounter<String>(epoch: start)
        for _ in 0..<10 { #expect(counter.admit("anna", limit, at: start) == .admitted) }
        guard case .refused(let wait) = counter.admit("anna", limit, at: start + .seconds(60)) else {
            Issue.record("an eleventh is admitted")
            return
        }
        #expect(wait == .seconds(3540))
        #expect(counter.admit("ben", limit, at: start) == .admitted)
        #expect(counter.admit("anna", limit, at: start + .seconds(60) + wait) == .admitted)
    }

    @Test func `what is refused doesn't count`() {
        var counter = RateCounter<String>(epoch: start)
        for second in 0..<3600 { _ = counter.admit("anna", limit, at: start + .seconds(second)) }
        #expect(counter.admit("anna", limit, at: start + .seconds(7200)) == .admitted)
    }

    @Test func `many at once count as many, and more than the limit never pass`() {
        var counter = RateCounter<String>(epoch: start)
        #expect(counter.admit("anna", count: 7, limit, at: start) == .admitted)
        #expect(counter.admit("anna", count: 4, limit, at: start) != .admitted)
        #expect(counter.admit("anna", count: 3, limit, at: start) == .admitted)
        #expect(counter.admit("ben", count: 11, limit, at: start) != .admitted)
        #expect(counter.admit("ben", count: .max, limit, at: start) != .admitted)
    }

    @Test func `asking counts nothing`() {
        var counter = RateCounter<String>(epoch: start)
        for _ in 0..<20 { #expect(counter.wouldAdmit("anna", limit, at: start) == .admitted) }
        for _ in 0..<10 { _ = counter.admit("anna", limit, at: start) }
        #expect(counter.wouldAdmit("anna", limit, at: start) != .admitted)
    }

    @Test func `memory is bounded, and who does much is remembered`() {
        var counter = RateCounter<Int>(capacity: 100, epoch: start)
        for _ in 0..<10 { _ = counter.admit(-1, limit, at: start) }
        for key in 0..<10_000 { _ = counter.admit(key, limit, at: start) }
        #expect(counter.count <= 100)
        #expect(counter.admit(-1, limit, at: start) != .admitted)
    }

    @Test func `a clock that stands still or goes back frees nobody`() {
        var counter = RateCounter<String>(epoch: start)
        for _ in 0..<10 { _ = counter.admit("anna", limit, at: start + .seconds(5000)) }
        #expect(counter.admit("anna", limit, at: start) != .admitted)
        #expect(counter.admit("anna", limit, at: start - .seconds(90)) != .admitted)
    }
}
