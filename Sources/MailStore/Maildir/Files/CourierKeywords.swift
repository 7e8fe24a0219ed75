import Blocking
import MailModel

/// `courierimapkeywords`, the keywords of messages to Courier.
///
/// `:list` holds all keywords, an empty line, and for each message that has some `NAME:INDEX INDEX…`. A file called as the message holds its
/// keywords, one per line, and is newer; one called `.TIME.NAME` is what such a file becomes before Courier takes it into the list.
struct CourierKeywords {
    static let directoryName = Array("courierimapkeywords".utf8)
    private static let listName = Array(":list".utf8)
    private static let maximumList = 64 << 20
    private static let maximumFile = 64 << 10

    /// Another one when keywords may have changed.
    struct Stamp: Hashable, Sendable {
        var directory: FileStatus.Time?
        var list: UIDListFile.Stamp?
    }

    let folder: MaildirDirectories

    func stamp() throws(SystemCallError) -> Stamp {
        do throws(SystemCallError) {
            let directory = try folder.root.directory(Self.directoryName)
            return Stamp(
                directory: try directory.status().modified, list: try UIDListFile.Stamp.of(Self.listName, in: directory)
            )
        } catch  where error.isMissing {
            return Stamp()
        }
    }

    /// By the message's name without flags; messages that have none are not there.
    func read() throws(SystemCallError) -> [ArraySlice<UInt8>: [String]] {
        let directory: DirectoryHandle
        do throws(SystemCallError) {
            directory = try folder.root.directory(Self.directoryName)
        } catch  where error.isMissing {
            return [:]
        }
        var keywords: [ArraySlice<UInt8>: [String]] = [:]
        do throws(SystemCallError) {
            keywords = Self.parse(list: try directory.file(Self.listName).readAll(limit: Self.maximumList))
        } catch  where error.isMissing {}
        var newest: [ArraySlice<UInt8>: (time: UInt64, file: [UInt8])] = [:]
        for entry in try directory.entries() {
            guard let (base, time) = Self.message(entry.name), newest[base].map({ $0.time < time }) ?? true else {
                continue
            }
            newest[base] = (time, entry.name)
        }
        for (base, newest) in newest {
            do throws(SystemCallError) {
                keywords[base] = Self.parse(file: try directory.file(newest.file).readAll(limit: Self.maximumFile))
            } catch  where error.isMissing {
                // Courier took it into the list, which another look shows.
            }
        }
        return keywords
    }

    /// The message that a file speaks of. One without a time is newer than all others.
    private static func message(_ name: [UInt8]) -> (base: ArraySlice<UInt8>, time: UInt64)? {
        switch name.first {
        case nil, UInt8(ascii: ":"): return nil
        case UInt8(ascii: "."):
            let rest = name.dropFirst()
            guard let end = rest.firstIndex(of: UInt8(ascii: ".")), let time = Digits.parse(rest[..<end]) else {
                return nil
            }
            return (rest[(end + 1)...], time)
        default: return (name[...], .max)
        }
    }

    static func parse(list: [UInt8]) -> [ArraySlice<UInt8>: [String]] {
        var names: [String] = []
        var keywords: [ArraySlice<UInt8>: [String]] = [:]
        var isHeader = true
        for line in list.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if isHeader {
                isHeader = !line.isEmpty
                if isHeader { names.append(String(decoding: line, as: UTF8.self)) }
                continue
            }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let indexes = line[(colon + 1)...].split(separator: 0x20).compactMap { Digits.parse32($0) }
            let found = indexes.compactMap { $0 < names.count ? names[Int($0)] : nil }
            if !found.isEmpty { keywords[line[..<colon]] = found }
        }
        return keywords
    }

    static func parse(file: [UInt8]) -> [String] {
        file.split(separator: 0x0A, omittingEmptySubsequences: false).prefix { !$0.isEmpty }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Says what keywords a message has from now on, durably.
    func write(_ names: [String], of base: ArraySlice<UInt8>) throws(SystemCallError) {
        do throws(SystemCallError) {
            try folder.root.makeDirectory(Self.directoryName)
        } catch  where error.isExisting {}
        let directory = try folder.root.directory(Self.directoryName)
        let temporaryName = UniqueName.next()
        let file = try folder.tmp.makeFile(temporaryName)
        do throws(SystemCallError) {
            try file.write(names.flatMap { Array($0.utf8) + [0x0A] })
            try file.sync()
            try folder.tmp.rename(temporaryName, to: directory, Array(base))
        } catch {
            DurableFile.discard(temporaryName, in: folder.tmp)
            throw error
        }
    }

    func sync() throws(SystemCallError) {
        do throws(SystemCallError) {
            try folder.root.directory(Self.directoryName).sync()
        } catch  where error.isMissing {}
    }
}
