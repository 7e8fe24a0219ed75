/// Mail from programs of this machine: a Unix socket on which whoever connects is known by the uid of its process.
package struct LocalSubmissionModel: Sendable {
    /// False makes no socket.
    package var isOffered = true
    /// An absolute path; `submit.sock` in the folder for sockets when nil.
    package var socket: Located<String>?
    /// authorized_submit_users: names of users, `uid=1000`, `!` before those that may not, tables; everybody when nil.
    package var users: [MatchItemModel]?

    package init() {}
}
