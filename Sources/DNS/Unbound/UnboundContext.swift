import CUnbound
import Glibc

/// One context of libunbound. Every call on it is made by the thread that made it, so that none of them needs a lock and
/// none of them blocks anybody else. `answered` is called by ``process()``.
final class UnboundContext {
    /// A question in flight. libunbound holds an unretained reference, which is why the context keeps it until the
    /// callback, or until libunbound is gone.
    private final class Question {
        let identifier: UInt64
        unowned let context: UnboundContext

        init(_ identifier: UInt64, _ context: UnboundContext) {
            self.identifier = identifier
            self.context = context
        }
    }

    private let context: OpaquePointer
    private var questions: [UInt64: Question] = [:]
    private let maximumRecords: Int
    private let answered: (UInt64, UnboundAnswer) -> Void

    /// Readable when there are answers to ``process()``.
    let descriptor: Int32

    init(_ options: UnboundOptions, answered: @escaping (UInt64, UnboundAnswer) -> Void) throws(UnboundFailure) {
        guard let context = ub_ctx_create() else { throw UnboundFailure(description: "libunbound: out of memory") }
        do throws(UnboundFailure) {
            try Self.configure(context, options)
        } catch {
            ub_ctx_delete(context)
            throw error
        }
        self.context = context
        self.answered = answered
        maximumRecords = options.maximumRecords
        descriptor = ub_fd(context)
    }

    /// Ends libunbound's own thread.
    deinit { ub_ctx_delete(context) }

    /// Questions that libunbound has and has not answered.
    var questionsInFlight: Int { questions.count }

    /// Nil when the answer will come; the reason when there is none to be had.
    func ask(_ name: DNSName, _ type: RecordType, _ identifier: UInt64) -> String? {
        let question = Question(identifier, self)
        questions[identifier] = question
        let internet: Int32 = 1
        let status = ub_resolve_async(
            context, name.description + ".", type.rawValue, internet, Unmanaged.passUnretained(question).toOpaque(),
            { reference, status, result in
                defer { if let result { ub_resolve_free(result) } }
                guard let reference else { return }
                let question = Unmanaged<Question>.fromOpaque(reference).takeUnretainedValue()
                question.context.deliver(question.identifier, status, result?.pointee)
            }, nil)
        guard status != 0 else { return nil }
        questions[identifier] = nil
        return Self.text(status)
    }

    /// Hands out what has been answered; the reason when libunbound's thread is lost.
    func process() -> String? {
        let status = ub_process(context)
        return status == 0 ? nil : Self.text(status)
    }

    private func deliver(_ identifier: UInt64, _ status: Int32, _ result: ub_result?) {
        questions[identifier] = nil
        if let result, status == 0 {
            answered(identifier, UnboundAnswer(result, maximumRecords: maximumRecords))
        } else {
            answered(identifier, .failed(Self.text(status)))
        }
    }

    private static func text(_ status: Int32) -> String { "libunbound: " + String(cString: ub_strerror(status)) }
}

extension UnboundContext {
    private static func configure(
        _ context: OpaquePointer, _ options: UnboundOptions
    ) throws(UnboundFailure) {
        func check(_ status: Int32, _ what: String) throws(UnboundFailure) {
            guard status == 0 else { throw UnboundFailure(description: "\(what): \(text(status))") }
        }
        func set(_ option: String, _ value: String) throws(UnboundFailure) {
            try check(ub_ctx_set_option(context, option + ":", value), "\(option): \(value)")
        }
        // First of all: what finalises the context without it forks a process.
        try check(ub_ctx_async(context, 1), "threads")
        // What it has to say comes with the answers; it would write to standard error.
        try check(ub_ctx_debugout(context, nil), "log")
        // The reason of a bogus answer is kept from this level on.
        try set("val-log-level", "2")
        try set("do-not-query-localhost", "no")
        // A library's defaults are for one question at a time: 16 sockets, and 1 MiB of cache.
        try set("outgoing-range", "256")
        try set("outgoing-num-tcp", "64")
        try set("msg-cache-size", "16m")
        try set("rrset-cache-size", "32m")
        // A forwarder that was away is asked again soon: there may be no other.
        try set("infra-host-ttl", "30")
        try set("infra-keep-probing", "yes")
        // Private networks have names too, unsigned ones; libunbound would say of itself that they have none.
        try set("unblock-lan-zones", "yes")
        try set("insecure-lan-zones", "yes")
        for zone in UnboundOptions.privateZones + options.unsignedZones {
            try set("domain-insecure", zone.description)
        }
        for zone in UnboundOptions.privateZones + options.unsignedZones + options.stubZones.map(\.zone) {
            // libunbound says "no" of itself to names below the zones of RFC 6761 and RFC 8375, unless one is closer.
            try set("local-zone", "\(zone). transparent")
        }
        switch options.servers {
        case .file(let path):
            guard access(path, R_OK) == 0 else {
                guard errno == ENOENT else { throw UnboundFailure(description: "\(path) can't be read") }
                try check(ub_ctx_set_fwd(context, "127.0.0.1"), "127.0.0.1")
                break
            }
            try check(ub_ctx_resolvconf(context, path), path)
        case .forwarders(let servers):
            guard !servers.isEmpty else { throw UnboundFailure(description: "no name server is given") }
            for server in servers { try check(ub_ctx_set_fwd(context, server.description), server.description) }
        case .root: break
        }
        for stub in options.stubZones {
            for server in stub.servers {
                try check(
                    ub_ctx_set_stub(context, stub.zone.description, server.description, 0), "\(stub.zone): \(server)")
            }
        }
        if let hosts = options.hostsFile, access(hosts, R_OK) == 0 { try check(ub_ctx_hosts(context, hosts), hosts) }
        try trust(context, options, check)
        try set("harden-dnssec-stripped", options.validation == .required ? "yes" : "no")
        // There is no such zone: the call is the one that has the options and trust anchors taken up now, while there is
        // somebody to be told of a fault in them.
        try check(ub_ctx_zone_remove(context, "invalid.invalid."), "the trust anchors, or the file of hosts")
    }

    private static func trust(
        _ context: OpaquePointer, _ options: UnboundOptions,
        _ check: (Int32, String) throws(UnboundFailure) -> Void
    ) throws(UnboundFailure) {
        guard options.validation != .off else { return }
        var anchors = options.trustAnchors
        let isRootKeyThere = access(UnboundOptions.rootKey, R_OK) == 0
        if let file = options.trustAnchorFile ?? (anchors.isEmpty && isRootKeyThere ? UnboundOptions.rootKey : nil) {
            anchors += try TrustAnchors(file: file).records
        }
        if anchors.isEmpty, options.validation == .required {
            throw UnboundFailure(
                description:
                    "validation is required, but there is no trust anchor: install dns-root-data or name a file")
        }
        for anchor in anchors { try check(ub_ctx_add_ta(context, anchor), "trust anchor \"\(anchor)\"") }
    }
}
