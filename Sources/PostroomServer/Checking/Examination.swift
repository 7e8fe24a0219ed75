import Directory
import LDAP
import Routing
import SiteConfiguration

/// A site while it is examined: what is asked and of whom, and how long there is time.
struct Examination: Sendable {
    let site: Site
    let options: CheckOptions
    let deadline: ContinuousClock.Instant
    /// By the directory's name.
    let probes: [String: DirectoryProbe]
    let searches: [ExaminedSearch]
    /// Filled once by `AccountSample`.
    var accounts: [SampledAccount] = []

    var isOver: Bool { ContinuousClock.now >= deadline || Task.isCancelled }
    var model: SiteModel { site.model }

    func searches(_ purposes: ExaminedSearch.Purpose...) -> [ExaminedSearch] {
        searches.filter { purposes.contains($0.purpose) }
    }

    /// The first entries that a search finds for anybody; none when they can't be had, which the examination of its filter
    /// tells.
    func entries(
        of search: ExaminedSearch, _ attributes: [AttributeDescription], upTo limit: Int? = nil
    ) async -> EntrySample {
        guard let probe = probes[search.directory] else { return .empty }
        let request = SearchRequest(
            base: search.base, scope: search.scope, filter: search.presence,
            attributes: attributes.isEmpty ? ["1.1"] : attributes.map(\.spelling))
        guard case .found(let sample) = await probe.entries(request, upTo: limit ?? options.sample) else {
            return .empty
        }
        return sample
    }
}

/// One thing that is looked at.
protocol ExaminationPart: Sendable {
    /// For the one who waits: `attributes of the tables`.
    var title: String { get }
    func findings(_ examination: Examination) async -> [CheckFinding]
}

/// Words of findings.
enum FindingText {
    static let named = 5

    /// `a, b, c and 4 more`, each safe for a terminal.
    static func list(_ items: [String], of total: Int? = nil) -> String {
        let total = total ?? items.count
        let shown = items.prefix(named).map { VisibleText.escaped($0, backslashes: false) }
        let rest = total - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    static func value(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix(320), as: UTF8.self) }
}
