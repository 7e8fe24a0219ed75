import ArgumentParser
import PostroomCLI

// Root's privileges are given up here, before anything starts a thread.
Postroom.dropPrivileges()
await Postroom.main()
