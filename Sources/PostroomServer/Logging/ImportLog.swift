import Logging
import Metrics
import SiteConfiguration

/// What the log and the metrics say of a site that is served from other programs' configurations: how much of it is used,
/// and loudly which filters it lacks. The gauge `postroom_missing_filters` counts these.
enum ImportLog {
    static func write(_ report: ImportReport?, logger: Logger = Logger(label: "import")) {
        let missing = report?.missingFilters ?? []
        Gauge(label: "postroom_missing_filters").record(missing.count)
        guard let report else { return }
        logger.notice("configuration of other programs", metadata: ["settings": "\(report.summary)"])
        for filter in missing {
            logger.error(
                "a filter is not there: mail is NOT checked by it", metadata: ["setting": "\(filter.description)"])
        }
    }
}
