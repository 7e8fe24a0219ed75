import ArgumentParser
import Glibc
import PostroomCLI

@main
enum PostroomMain {
    static func main() async {
        // Root's privileges are given up here, before anything starts a thread.
        Postroom.dropPrivileges()
        if let code = await Postroom.runAsSendmail() { exit(code) }
        await Postroom.main()
    }
}
