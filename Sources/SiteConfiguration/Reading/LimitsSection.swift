/// `limits:`.
enum LimitsSection {
    static func read(_ site: SectionReader) -> LimitsModel {
        let reader = site.section("limits")
        let model = LimitsModel(
            messageSize: reader?.size("message_size") ?? Located(50 << 20, at: .builtIn),
            connections: reader?.integer("connections", in: 1...1_000_000)?.value ?? 20_000,
            connectionsPerClient: reader?.integer("connections_per_client", in: 1...1_000_000)?.value ?? 200,
            drainTime: reader?.duration("drain_time")?.value ?? .seconds(10),
            hops: reader?.integer("hops", in: 0...10_000))
        reader?.finish()
        return model
    }
}

/// `log:`.
enum LogSection {
    static func read(_ site: SectionReader) -> LogModel {
        let reader = site.section("log")
        let model = LogModel(
            level: reader?.choice("level", LogModel.Level.self)?.value ?? .info,
            format: reader?.choice("format", LogModel.Format.self)?.value ?? .text)
        reader?.finish()
        return model
    }
}
