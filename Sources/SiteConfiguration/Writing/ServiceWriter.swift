import MailModel
import MailStore

extension DirectoryModel {
    func document(_ secrets: ((String, Secret) -> SecretOrigin)?) -> YAMLValue {
        var entries = YAMLEntries()
        switch kind {
        case .ldif(let path): entries.add("ldif", path)
        case .servers(let servers):
            entries.add("servers", servers.urls)
            switch servers.bind {
            case .anonymous: entries.add("bind", "anonymous")
            case .external: entries.add("bind", "external")
            case .simple(let dn, let password, let origin):
                let origin = origin == .written ? secrets?(name, password.value) ?? .written : origin
                let shown: YAMLValue =
                    switch origin {
                    case .environment(let variable): .mapping([("env", .scalar(variable))])
                    case .file(let path): .mapping([("file", .scalar(path))])
                    case .written: .scalar("(not shown)")
                    }
                entries.add("bind", .mapping([("dn", dn.document), ("password", shown)]))
            }
            entries.add("start_tls", servers.startTLS ? "yes" : "no")
            entries.add("tls", servers.tls.document)
            entries.add("connect_timeout", servers.connectTimeout)
            entries.add("timeout", servers.operationTimeout)
            entries.add("connections", String(servers.connections))
            entries.add("referral_hosts", servers.referralHosts)
            var cache = YAMLEntries()
            cache.add("found", servers.cache.foundTime)
            cache.add("absent", servers.cache.absentTime)
            cache.add("stale", servers.cache.staleTime)
            entries.add("cache", cache)
        }
        entries.add("base", base)
        return entries.value
    }
}

extension ClientTLSModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("ca_file", caFile)
        entries.add("ca_directory", caDirectory)
        entries.add("certificate", certificate)
        entries.add("key", key)
        entries.add("cipher_suites", cipherSuites)
        entries.add("minimum_version", minimumVersion)
        entries.add("verify", verifies ? "yes" : "no")
        return entries.value
    }
}

extension StoreModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("roots", roots)
        if !places.isEmpty { entries.add("places", .mapping(places.map { ($0.path, $0.folder.document) })) }
        entries.add("minimum_uid", String(minimumUID))
        entries.add("owner", owner?.map(\.description))
        entries.add("recipient_headers", recipientHeaders ? "yes" : "no")
        entries.add("index_directory", indexDirectory)
        entries.add("mbox", mboxLocks.document)
        if courierFiles != .automatic { entries.add("courier_files", courierFiles.rawValue) }
        return entries.value
    }
}

extension MboxLockModel {
    fileprivate var document: YAMLValue? {
        guard read != nil || write != nil || timeout != nil || staleAfter != nil else { return nil }
        var entries = YAMLEntries()
        entries.add("read_locks", Self.names(read))
        entries.add("locks", Self.names(write))
        entries.add("lock_timeout", timeout)
        entries.add("stale_lock", staleAfter)
        return entries.value
    }

    private static func names(_ locks: Located<MboxLocking.Locks>?) -> [Located<String>] {
        locks.map { locks in locks.value.names.map { Located($0, at: locks.location) } } ?? []
    }
}

extension ListenerModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("protocol", kind.rawValue)
        entries.add(
            "address",
            isUnixSocket ? host : host.map { $0.contains(":") ? "[\($0)]:\(port)" : "\($0):\(port)" })
        entries.add("mode", lmtp.mode?.map { "0" + String($0, radix: 8) })
        entries.add("owner", lmtp.owner)
        entries.add("group", lmtp.group)
        entries.add("recipients", lmtp.recipients)
        entries.add("bare_newline", bareLineFeed.rawValue)
        entries.add("trusted_networks", trustedNetworks)
        entries.add("policy", policy)
        entries.add("tls", kind.servesMailboxes ? mailboxes.tls : options.tls)
        entries.add("authentication", kind.servesMailboxes ? mailboxes.authentication : options.authentication)
        entries.add("require_authentication", options.requiresAuthentication)
        entries.add("broken_authentication", options.offersBrokenAuthentication)
        entries.add("require_helo", options.requiresHELO)
        entries.add("vrfy", options.answersVRFY)
        entries.add("recipient_limit", options.recipientLimit)
        entries.add("error_limit", options.errorLimit)
        entries.add("hide_client", options.hidesClient)
        entries.add("client_limits", options.clientLimits?.document)
        entries.add("banner", kind.servesMailboxes ? mailboxes.greeting : options.banner)
        entries.add("server_tls", serverTLS?.document)
        entries.add("certificate", options.certificate)
        entries.add("key", options.key)
        return entries.value
    }
}

extension ClientLimitsModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("connections", connections)
        entries.add("connection_rate", connectionRate)
        entries.add("message_rate", messageRate)
        entries.add("recipient_rate", recipientRate)
        entries.add("interval", interval)
        entries.add("exceptions", exceptions)
        return entries.value
    }
}

extension ServerTLSModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("certificate", certificate)
        entries.add("key", key)
        entries.add("self_signed_directory", selfSignedDirectory)
        entries.add("minimum_version", minimumVersion)
        entries.add("cipher_suites", cipherSuites)
        if !names.isEmpty { entries.add("names", .list(names.map(\.document))) }
        entries.add("in_received_header", inReceivedHeader, unless: false)
        return entries.value
    }
}

extension NamedCertificateModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("server_names", serverNames)
        entries.add("certificate", certificate)
        entries.add("key", key)
        return entries.value
    }
}

extension LimitsModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("message_size", messageSize)
        entries.add("connections", String(connections))
        entries.add("connections_per_client", String(connectionsPerClient))
        entries.add("drain_time", drainTime)
        entries.add("hops", hops)
        return entries.value
    }
}

extension DNSModel {
    var entries: YAMLEntries {
        var entries = YAMLEntries()
        entries.add("servers", servers)
        entries.add("validation", validation)
        entries.add("trust_anchor", trustAnchor)
        entries.add("unsigned_zones", unsignedZones)
        entries.add("hosts", hosts)
        entries.add("time_limit", timeLimit)
        return entries
    }
}

extension LocalSubmissionModel {
    var entries: YAMLEntries {
        var entries = YAMLEntries()
        entries.add("enabled", isOffered, unless: true)
        entries.add("socket", socket)
        entries.add("users", users)
        return entries
    }
}
