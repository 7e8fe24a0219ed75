/// Values in one array, named by their places; the places of those that are gone are given again.
struct SlotTable<Element: Sendable>: Sendable {
    private var elements: [Element] = []
    private var free: [Int32] = []

    /// Places ever given: every place in use is below.
    var end: Int32 { Int32(elements.count) }

    mutating func insert(_ element: Element) -> Int32 {
        if let place = free.popLast() {
            elements[Int(place)] = element
            return place
        }
        elements.append(element)
        return Int32(elements.count - 1)
    }

    /// - Parameter empty: what stands there meanwhile.
    mutating func remove(_ place: Int32, leaving empty: Element) {
        elements[Int(place)] = empty
        free.append(place)
    }

    subscript(place: Int32) -> Element {
        get { elements[Int(place)] }
        _modify { yield &elements[Int(place)] }
    }
}
