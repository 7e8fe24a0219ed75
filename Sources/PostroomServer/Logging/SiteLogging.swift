import Logging
package import SiteConfiguration

/// Sets up the process's log from the site's `log:` section, once.
package enum SiteLogging {
    /// - Parameter quietly: for commands: only errors, so that their output stays readable.
    package static func bootstrap(_ model: LogModel, quietly: Bool = false) {
        let sink = StandardErrorSink(environment: ProcessEnvironment.current)
        let level = quietly ? Logger.Level.error : Logger.Level(rawValue: model.level.rawValue) ?? .info
        let format: LogLine.Format = model.format == .json ? .json : .text
        LoggingSystem.bootstrap { label in
            LogLine(label: label, level: level, format: format, sink: sink)
        }
    }
}
