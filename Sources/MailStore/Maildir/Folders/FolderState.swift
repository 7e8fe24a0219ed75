import Blocking
import MailModel

/// Where a message's file is.
struct MessageFile: Hashable, Sendable {
    var name: [UInt8]
    /// In `new/` instead of `cur/`.
    var isNew: Bool

    var base: ArraySlice<UInt8> { name.prefix { $0 != UInt8(ascii: ":") } }
    var letters: [UInt8] { MessageFileName(name).letters ?? [] }
}

/// What is known of a folder at one moment. The view and `files` run in parallel.
struct FolderState: Sendable {
    var view: MailboxView
    var files: [MessageFile] = []
    var keywords = KeywordTable()
    /// The version of `keywords` that the view's flags were read with.
    var readKeywords: UInt64 = 0

    // What it was read from: as long as these are the same, nothing has changed.
    var uidList: UIDListFile.Stamp?
    var keywordFile: UIDListFile.Stamp?
    var cur: FileStatus.Time?
    var new: FileStatus.Time?
    /// The folder's directory: another one under the same name is another mailbox.
    var directory: FileStatus.Identity?
    /// Whether Courier's files are kept in step, and what they were last.
    var keepsCourier = false
    var courier: CourierStamps?
    /// Courier's know less than ours, and are to be written anew.
    var isCourierBehind = false
    // Whether the time stamps can be relied on: a directory may change twice in one tick of its file system's clock.
    var curIsSettled = false
    var newIsSettled = false
    var courierIsSettled = true
    var isSettled: Bool { curIsSettled && newIsSettled && courierIsSettled }

    var isLoaded: Bool { uidList != nil }

    /// Sizes with CRLF line ends that the file names do not tell, by UID.
    var virtualSizes: [UInt32: UInt64] = [:]

    /// What an index told of the folder, until it is loaded.
    var remembered: RememberedMailbox?
    /// Whether that was of this very mailbox.
    var wasAdopted = false

    init() {
        view = MailboxView(uidValidity: 0, uidNext: 1)
    }

    func virtualSize(at index: Int) -> UInt64? {
        MessageFileName.field(UInt8(ascii: "W"), of: Array(files[index].base)) ?? virtualSizes[view.uids[index]]
    }

    /// What of a message counts for a quota; nil where only its file tells.
    func size(at index: Int, _ sizes: QuotaTerms.Sizes) -> UInt64? {
        switch sizes {
        case .file: MessageFileName.field(UInt8(ascii: "S"), of: Array(files[index].base)) ?? virtualSize(at: index)
        case .wire: virtualSize(at: index)
        }
    }

    /// The next modification sequence: grows with the clock, so that a folder whose state was forgotten goes on above
    /// what clients have seen.
    func nextModSeq() -> UInt64 {
        let now = FileStatus.Time.now
        let clock = UInt64(clamping: now.seconds) &* 1_000_000 &+ UInt64(clamping: now.nanoseconds / 1000)
        return max(view.highestModSeq + 1, clock)
    }
}

/// What tells one state of Courier's files from the next.
struct CourierStamps: Hashable, Sendable {
    var list: UIDListFile.Stamp?
    var keywords: CourierKeywords.Stamp
}
