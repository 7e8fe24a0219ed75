import Logging
import SiteConfiguration

extension Server {
    /// Reads the configuration anew when one of the site's `watchedFiles` has changed and lies still, until the task is
    /// cancelled: what docker-mailserver's commands write is in force as it would be there.
    ///
    /// - Parameter interval: the time between two looks.
    func watchFiles(every interval: Duration = .milliseconds(500)) async {
        guard source != nil else { return }
        var known = await stamps()
        var pending: [String: ConfigurationFile.Stamp]?
        while !Task.isCancelled {
            do { try await Task.sleep(for: interval) } catch { return }
            let now = await stamps()
            guard now != known else {
                pending = nil
                continue
            }
            // A file that is being written changes from look to look.
            guard now == pending else {
                pending = now
                continue
            }
            known = now
            pending = nil
            logger.notice("a file of the configuration has changed")
            await reload()
        }
    }

    private func stamps() async -> [String: ConfigurationFile.Stamp] {
        let files = site.model.watchedFiles
        guard !files.isEmpty else { return [:] }
        let found = await Hashing.blocking {
            files.compactMap { path in ConfigurationFile.stamp(path).map { (path, $0) } }
        }
        return Dictionary(found ?? []) { first, _ in first }
    }
}
