import CoreMetrics
package import MetricsTestKit

/// What the rooms record, of the whole test process: metrics are set up once. A test names its directory for itself.
package enum RecordedMetrics {
    /// To be touched before what records is made.
    package static let all: TestMetrics = {
        let metrics = TestMetrics()
        MetricsSystem.bootstrap(metrics)
        return metrics
    }()
}
