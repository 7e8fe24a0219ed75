import MailModel
import PostroomTesting
import Testing

@testable import Spool

@Suite("A schedule over simulated days")
struct ScheduleSimulationTests {
    private static let kinds: [(String, ScheduleSimulation.Behaviour)] = [
        ("fast", .fast), ("slow", .slow), ("dead", .dead), ("flapping", .flapping), ("throttling", .throttling),
        ("greylisting", .greylisting), ("refusing", .refusing),
    ]

    private func world(seed: UInt64, messages: Int) throws -> ScheduleSimulation {
        let options = ScheduleOptions(
            lifetime: .seconds(2 * 86400), bounceLifetime: .seconds(86400), delayWarning: .seconds(4 * 3600),
            limits: DestinationLimits(initialConcurrency: 3, concurrency: 8, recipientsPerJob: 5), jobs: 40)
        var world = ScheduleSimulation(options, seed: seed)
        var random = SeededGenerator(seed: seed)
        for (name, kind) in Self.kinds {
            for number in 0..<3 { world.behaviours[try #require(Domain("\(name)\(number).example"))] = kind }
        }
        for number in 0..<messages {
            let addresses = (0..<Int.random(in: 1...12, using: &random)).map { place in
                let kind = Self.kinds[Int.random(in: 0..<Self.kinds.count, using: &random)].0
                return "user\(number)-\(place)@\(kind)\(Int.random(in: 0..<3, using: &random)).example"
            }
            let message = try QueuedMessage.sample(
                to: addresses, from: number % 7 == 0 ? nil : "sender@here.example",
                notify: number % 5 == 0 ? [.failure] : nil)
            world.arrivals.append((Int64.random(in: 0...(6 * 3600 * second), using: &random), message))
        }
        return world
    }

    @Test("Every copy ends once, in its time, whatever the destinations do", arguments: [1, 2, 3])
    func workload(seed: UInt64) throws {
        var world = try world(seed: seed, messages: 300)
        world.run(until: 4 * day)
        #expect(world.done.count == 300)
        #expect(world.schedule.count == 0)
        for (id, copies) in world.copies {
            for (place, copy) in copies.enumerated() {
                let domain = try #require(world.domainOf[id]?[place])
                switch try #require(world.behaviours[domain]) {
                case .dead: #expect(copy.end == .expired)
                case .refusing: #expect(copy.end == .refused)
                default: #expect(copy.isDelivered)
                }
                guard copy.end == .expired else { continue }
                let age = copy.endedAt - copy.arrival
                #expect(age >= day && age <= 2 * day + 4600 * second)
            }
        }
    }

    @Test(
        "A wall clock that jumps by two days changes nothing: the same copies end at the same times",
        arguments: [2, -2])
    func jump(days: Int64) throws {
        var calm = try world(seed: 9, messages: 100)
        var jumping = calm
        calm.run(until: 4 * day)
        jumping.run(until: 4 * day, jumps: [(7 * 3600 * second, days * day)])
        #expect(jumping.done.count == 100)
        for (id, copies) in calm.copies {
            #expect(jumping.copies[id]?.map(\.endedAt) == copies.map(\.endedAt))
            #expect(jumping.copies[id]?.map(\.end) == copies.map(\.end))
        }
    }

    @Test("A delay is reported once, to those who may be told, at its time")
    func delays() throws {
        var world = try world(seed: 4, messages: 100)
        let senders = Dictionary(
            uniqueKeysWithValues: world.arrivals.map {
                (
                    $0.message.id,
                    $0.message.envelope.sender.path == .null || $0.message.recipients[0].recipient.notify != nil
                )
            })
        world.run(until: 4 * day)
        for (id, copies) in world.copies {
            for copy in copies {
                let mayNotBeTold = senders[id] == true
                let isLong = copy.endedAt - copy.arrival > 5 * 3600 * second
                #expect(copy.delayReports == (isLong && !mayNotBeTold ? 1 : 0) || !isLong && copy.delayReports <= 1)
            }
        }
    }

    @Test("Fifty thousand messages for one slow host hold up nobody else")
    func fairness() throws {
        var world = ScheduleSimulation(ScheduleOptions(), seed: 5)
        world.behaviours[try #require(Domain("huge.example"))] = .slow
        for _ in 0..<50_000 {
            let message = try QueuedMessage.sample(to: ["a@huge.example"])
            world.schedule.insert(message, now: world.clock, isFresh: true)
            world.copies[message.id] = [.init(message: message.id, arrival: 0)]
            world.domainOf[message.id] = [try #require(Domain("huge.example"))]
        }
        for number in 0..<20 {
            world.arrivals.append(
                (Int64(number) * 60 * second, try .sample(to: ["b@small\(number).example"])))
        }
        world.run(until: 1200 * second)
        for copies in world.copies.values where copies[0].isDelivered || copies[0].arrival > 0 {
            guard let domain = world.domainOf[copies[0].message]?[0], domain != Domain("huge.example") else { continue }
            #expect(copies[0].firstTry == copies[0].arrival, "tried the moment it came")
        }
        #expect(world.done.count > 20)
    }

    @Test("Thousands of hosts that hang leave places for new mail, which is tried as soon as one is free")
    func hanging() throws {
        var world = ScheduleSimulation(ScheduleOptions(), seed: 6)
        var old: [QueuedMessage] = []
        for number in 0..<2000 {
            let domain = try #require(Domain("gone\(number).example"))
            world.behaviours[domain] = .dead
            let message = try QueuedMessage.sample(to: ["a@\(domain)"], attempts: QueuedAttempts(count: 1))
            old.append(message)
            world.copies[message.id] = [.init(message: message.id, arrival: 0, attempts: 1)]
            world.domainOf[message.id] = [domain]
        }
        for message in old { world.schedule.insert(message, now: world.clock, isFresh: false) }
        for number in 0..<100 {
            world.arrivals.append((Int64(number) * 3 * second, try .sample(to: ["b@alive\(number).example"])))
        }
        world.run(until: 600 * second)
        for copies in world.copies.values where copies[0].attempts == 0 {
            #expect(copies[0].isDelivered)
            #expect(copies[0].firstTry == copies[0].arrival)
        }
    }
}
