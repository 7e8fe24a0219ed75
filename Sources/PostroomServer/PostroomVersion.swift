package enum PostroomVersion {
    package static let current = "0.1.0"
}
