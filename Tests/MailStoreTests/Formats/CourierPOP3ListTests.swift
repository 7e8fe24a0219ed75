import Testing

@testable import MailStore

@Suite struct `Courier's list of POP3 ids` {
    private let file = """
        /3 5 1795224813
        1795224813.M1P1.vm,S=30:2,S 34 1:1795224813:0
        1795224814.M2P1.vm:2, 50 2:1795224813:1
        1795224815.M3P1.vm 60 3:0:0

        """

    @Test func `is read and written as Courier has it`() throws {
        let list = try #require(CourierPOP3List(parsing: Array(file.utf8), now: 9))
        #expect(list.nextNumber == 5 && list.validity == 1_795_224_813)
        #expect(list.lines.count == 3)
        let line = list.lines[Array("1795224814.M2P1.vm".utf8)[...]]
        #expect(line?.size == 50 && line?.isUTF8 == true)
        #expect(line?.id == CourierUniqueID(number: 2, validity: 1_795_224_813))
        let names = ["1795224813.M1P1.vm,S=30:2,S", "1795224814.M2P1.vm:2,", "1795224815.M3P1.vm"]
        #expect(String(decoding: list.bytes(names.map { Array($0.utf8) }), as: UTF8.self) == file)
    }

    @Test func `of version 2 has no third number`() throws {
        let list = try #require(
            CourierPOP3List(parsing: Array("/2 7\nname with blanks:2,S 34 1:0\nbroken\n".utf8), now: 9))
        #expect(list.nextNumber == 7 && list.validity == 9)
        #expect(list.lines[Array("name with blanks".utf8)[...]]?.id == CourierUniqueID(number: 1, validity: 0))
    }

    @Test(arguments: ["", "x", "/1 5 6\n", "/3\n", "/3 x y\n", "/9 1 1\n", "/3 99999999999 1\n"])
    func `of another kind is none`(_ text: String) {
        #expect(CourierPOP3List(parsing: Array(text.utf8), now: 9) == nil)
    }
}
