import ArgumentParser
import PostroomCLI

@main
enum PostroomMain {
    static func main() async {
        // Root's privileges are given up here, before anything starts a thread.
        Postroom.dropPrivileges()
        await Postroom.main()
    }
}
