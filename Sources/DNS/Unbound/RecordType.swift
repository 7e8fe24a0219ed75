/// By their numbers in DNS.
enum RecordType: Int32, Sendable {
    case address = 1
    case nameServer = 2
    case alias = 5
    case pointer = 12
    case mailExchanger = 15
    case text = 16
    case address6 = 28
    case tlsa = 52
}
