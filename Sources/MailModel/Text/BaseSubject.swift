/// A subject without what replies, forwards and lists add to it (RFC 5256 §2.1), by which SORT and THREAD compare.
package struct BaseSubject: Hashable, Sendable {
    /// Under i;unicode-casemap.
    package var key: [UInt8]
    /// Something was taken off that replies and forwards add: `Re:`, `Fwd:`, `(fwd)`, `[fwd: …]`.
    package var isReplyOrForward: Bool

    /// `value` is the unfolded field; encoded words are decoded here.
    package init(_ value: [UInt8]) {
        var reader = Reader(UnicodeCasemap.key(EncodedWord.decode(value)))
        reader.reduce()
        key = Array(reader.text[reader.start..<reader.end])
        isReplyOrForward = reader.isReplyOrForward
    }

    private struct Reader {
        let text: [UInt8]
        var start = 0
        var end: Int
        var isReplyOrForward = false

        /// Step 1: tabs are spaces, and several spaces are one.
        init(_ subject: [UInt8]) {
            var text: [UInt8] = []
            text.reserveCapacity(subject.count)
            for byte in subject {
                let isSpace = byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
                if isSpace, text.last == 0x20 { continue }
                text.append(isSpace ? 0x20 : byte)
            }
            self.text = text
            end = text.count
        }

        /// Steps 2 to 6.
        mutating func reduce() {
            repeat {
                removeTrailers()
                removeLeaders()
            } while removeForwardHeader()
        }

        /// subj-trailer = "(fwd)" / WSP
        private mutating func removeTrailers() {
            while start < end {
                if text[end - 1] == 0x20 {
                    end -= 1
                } else if text[end - 1] == UInt8(ascii: ")"), has("(FWD)", at: end - 5) {
                    end -= 5
                    isReplyOrForward = true
                } else {
                    return
                }
            }
        }

        /// subj-leader = (*subj-blob subj-refwd) / WSP, and a subj-blob that leaves something behind it; one pass over each
        /// octet, however many blobs there are.
        private mutating func removeLeaders() {
            while true {
                while start < end, text[start] == 0x20 { start += 1 }
                var lastBlob: Int?
                var position = start
                while let behind = blob(at: position) {
                    lastBlob = position
                    position = behind
                }
                if let behind = replyOrForward(at: position) {
                    start = behind
                    isReplyOrForward = true
                    continue
                }
                start = position < end ? position : lastBlob ?? start
                return
            }
        }

        /// subj-blob = "[" *BLOBCHAR "]" *WSP
        private func blob(at position: Int) -> Int? {
            guard position < end, text[position] == UInt8(ascii: "[") else { return nil }
            var position = position + 1
            while position < end, text[position] != UInt8(ascii: "]") {
                if text[position] == UInt8(ascii: "[") { return nil }
                position += 1
            }
            guard position < end else { return nil }
            position += 1
            while position < end, text[position] == 0x20 { position += 1 }
            return position
        }

        /// subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
        private func replyOrForward(at start: Int) -> Int? {
            var position = start
            if has("RE", at: start) {
                position += 2
            } else if has("FW", at: start) {
                position += has("FWD", at: start) ? 3 : 2
            } else {
                return nil
            }
            while position < end, text[position] == 0x20 { position += 1 }
            position = blob(at: position) ?? position
            return position < end && text[position] == UInt8(ascii: ":") ? position + 1 : nil
        }

        /// "[fwd:" … "]"
        private mutating func removeForwardHeader() -> Bool {
            guard end - start >= 6, text[end - 1] == UInt8(ascii: "]"), has("[FWD:", at: start) else { return false }
            start += 5
            end -= 1
            isReplyOrForward = true
            return true
        }

        private func has(_ word: StaticString, at position: Int) -> Bool {
            guard position >= start, position + word.utf8CodeUnitCount <= end else { return false }
            return word.withUTF8Buffer { word in word.indices.allSatisfy { text[position + $0] == word[$0] } }
        }
    }
}
