import Dialects
import Directory
import LookupTables
import MailModel
import Routing
package import SiteConfiguration

/// The aliases of a configured site as a command changes them.
package struct SiteAliases: Sendable {
    /// What came of a change.
    package struct Change: Sendable {
        /// What was done, for people.
        package var done: String
        /// What will become of mail for the address now; nil for `@domain`.
        package var effect: String?
        package var warnings: [String] = []
    }

    let source: SiteSource
    let environment: [String: String]
    /// As the configuration is now.
    let model: SiteModel

    /// Reads the site's configuration, but opens none of its tables.
    package static func open(
        _ source: SiteSource, environment: [String: String]
    ) async throws(ConfigurationFaults) -> SiteAliases {
        let result: Result<LoadedSite, ConfigurationFaults>? = await Hashing.blocking {
            do throws(ConfigurationFaults) {
                return .success(try SiteLoader.load(source, environment: environment))
            } catch {
                return .failure(error)
            }
        }
        guard let result else { throw ConfigurationFaults([]) }
        return SiteAliases(source: source, environment: environment, model: try result.get().model)
    }

    // MARK: Asking

    /// The aliases of the site's file.
    ///
    /// - Parameter wanted: an address, or `@domain` for all of a domain; nil for everything.
    package func list(_ wanted: String? = nil) async throws(AliasFailure) -> AliasListing {
        let found: Result<AliasListing, AliasFailure> = await blocking { [model] () throws(AliasFailure) in
            let file = try AliasFile.find(in: model, reading: ConfigurationFile.read)
            return AliasListing(file: file.path, entries: TextHashFile(ConfigurationFile.read(file.path) ?? []).entries)
        }
        let listing = try found.get()
        return wanted.map { listing.of($0) } ?? listing
    }

    // MARK: Changing

    /// Changes the site's file of aliases.
    ///
    /// - Parameter isTrial: everything but the writing.
    package func change(_ request: AliasRequest, isTrial: Bool) async throws(AliasFailure) -> Change {
        let opened: Result<(AliasFile, FileReplacement, old: [UInt8], new: [UInt8]), AliasFailure> = await blocking {
            [model] () throws(AliasFailure) in
            let file = try AliasFile.find(in: model, holding: request.key, reading: ConfigurationFile.read)
            let (replacement, old) = try Self.locked(file)
            return (file, replacement, old, try Self.edited(old, request, file))
        }
        let (file, replacement, old, new) = try opened.get()
        var change = Change(done: Self.sentence(request, file, isTrial: isTrial))
        try await foresee(request, file, old: old, new: new, &change)
        if !isTrial {
            let written: Result<Void, AliasFailure> = await blocking { () throws(AliasFailure) in
                do throws(FileReplacement.Failure) {
                    try replacement.replace(with: new)
                } catch {
                    throw AliasFailure(error)
                }
            }
            try written.get()
        }
        if case .postfix(let type?) = file.kind {
            change.warnings.append(
                "a Postfix that still runs answers from the compiled file: postmap \(type):\(file.path)")
        }
        return change
    }

    private static func locked(_ file: AliasFile) throws(AliasFailure) -> (FileReplacement, [UInt8]) {
        do throws(FileReplacement.Failure) {
            let replacement = try FileReplacement(file.path)
            return (replacement, try replacement.contents() ?? [])
        } catch {
            throw AliasFailure(error)
        }
    }

    private static func edited(
        _ old: [UInt8], _ request: AliasRequest, _ file: AliasFile
    ) throws(AliasFailure) -> [UInt8] {
        var text = TextHashFile(old, separator: file.separator)
        let key = String(decoding: request.key, as: UTF8.self)
        do throws(TextHashFile.Refusal) {
            switch request.action {
            case .add: try text.add(request.targets, to: request.key)
            case .remove: try text.remove(request.targets, from: request.key)
            }
            return text.contents
        } catch {
            switch error {
            case .alreadyThere(let target):
                throw AliasFailure(.conflict, "\(key) leads to \(String(decoding: target, as: UTF8.self)) already")
            case .noAlias: throw AliasFailure(.notThere, "\(file.path) has no alias \(key)")
            case .noTarget(let target):
                throw AliasFailure(.notThere, "\(key) doesn't lead to \(String(decoding: target, as: UTF8.self))")
            }
        }
    }

    private static func sentence(_ request: AliasRequest, _ file: AliasFile, isTrial: Bool) -> String {
        let key = String(decoding: request.key, as: UTF8.self)
        let targets = request.targets.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
        let what =
            switch request.action {
            case .add: "\(key) leads to \(targets)"
            case .remove: targets.isEmpty ? "\(key) is no alias any more" : "\(key) leads no more to \(targets)"
            }
        return isTrial ? "would be written to \(file.path): \(what)" : "\(what) (\(file.path))"
    }

    // MARK: Foreseeing

    /// What the site would make of the new text: refuses what would lead nowhere, tells what is odd.
    private func foresee(
        _ request: AliasRequest, _ file: AliasFile, old: [UInt8], new: [UInt8], _ change: inout Change
    ) async throws(AliasFailure) {
        let site: Site
        do {
            site = try await Site.open(try await model(with: new, in: file))
        } catch {
            change.warnings.append("what becomes of it can't be told: \(error)")
            return
        }
        let failure: AliasFailure?
        do throws(AliasFailure) {
            try await judge(request, file, at: site, hadAlias: TextHashFile(old).entry(of: request.key) != nil, &change)
            failure = nil
        } catch {
            failure = error
        }
        await site.close()
        if let failure { throw failure }
    }

    private func judge(
        _ request: AliasRequest, _ file: AliasFile, at site: Site, hadAlias: Bool, _ change: inout Change
    ) async throws(AliasFailure) {
        switch await site.router.addressClass(of: request.domain).outcome {
        case .found(let addressClass) where addressClass.isFinal: break
        case .found, .absent:
            change.warnings.append(
                "\(request.domain) is none of this site's domains: nobody's mail for it is taken; add it to domains")
        case .unavailable: break
        }
        guard let address = request.address else { return }
        if request.action == .add {
            if await site.router.hasAliasLoop(from: address) {
                throw AliasFailure(
                    .conflict, "\(address) would lead in a circle", remedy: "see postroom explain of its targets")
            }
            try await judgeMailbox(of: address, request, file, at: site, hadAlias: hadAlias, &change)
        }
        let resolution = await site.router.resolve(address)
        switch resolution.verdict {
        case .deliver(let destinations):
            change.effect = "\(address) → " + destinations.map(ResolutionText.describe).joined(separator: "; ")
        case .refuse(let reply), .deferred(let reply):
            change.effect = "\(address) → \(reply)"
        }
        for dead in resolution.deadTargets { change.warnings.append("\(dead) is no recipient here: it gets no copy") }
    }

    /// An alias of an account's own address takes its mail away, unless it leads there besides.
    private func judgeMailbox(
        of address: EmailAddress, _ request: AliasRequest, _ file: AliasFile, at site: Site, hadAlias: Bool,
        _ change: inout Change
    ) async throws(AliasFailure) {
        var hasMailbox = false
        if case .deliver(let destinations) = await site.router.resolveFinal(address).verdict {
            hasMailbox = destinations.contains { if case .mailbox = $0 { true } else { false } }
        }
        let folded = LookupKey.folded(request.key)
        let keepsCopy = request.targets.contains { LookupKey.folded($0) == folded }
        if keepsCopy, !hasMailbox {
            throw AliasFailure(
                .badRequest, "\(address) would lead to itself, and has no mailbox that could keep a copy",
                remedy: "leave it out of its targets")
        }
        guard hasMailbox, !keepsCopy, !hadAlias else { return }
        if file.kind == .dockerMailserver {
            throw AliasFailure(.conflict, "\(address) is an account: an alias would take its mail away")
        }
        change.warnings.append("\(address) has a mailbox, which gets none of its mail from now on")
    }

    /// The site with other contents in its file of aliases.
    private func model(with contents: [UInt8], in file: AliasFile) async throws -> SiteModel {
        var changed: SiteModel
        switch source {
        case .file: changed = model
        case .programs(let request):
            let imported = await Hashing.blocking { [environment] in
                SiteLoader.imported(request, environment: environment, replacing: [file.path: contents])
            }
            guard let imported else { return model }
            (changed, _) = await RootFinder.complete(imported.model, of: source)
        }
        // This site is asked and never written to: where its mail lies does not matter, and may not be known here.
        if changed.keepsMail, changed.store.roots.isEmpty { changed.store.roots = [Located("/", at: .builtIn)] }
        changed.routing.aliases = changed.routing.aliases.map { $0.replacing(file.path, with: contents) }
        // docker-mailserver's keys say which domains are ours, too.
        changed.routing.aliasDomains = changed.routing.aliasDomains.map { item in
            guard case .table(let table) = item else { return item }
            return .table(table.replacing(file.path, with: contents))
        }
        return changed
    }

    private func blocking<Value: Sendable>(
        _ body: @escaping @Sendable () throws(AliasFailure) -> Value
    ) async -> Result<Value, AliasFailure> {
        let result: Result<Value, AliasFailure>? = await Hashing.blocking {
            do throws(AliasFailure) {
                return .success(try body())
            } catch {
                return .failure(error)
            }
        }
        return result ?? .failure(AliasFailure(.temporary, "too much is going on", remedy: "try again"))
    }
}
