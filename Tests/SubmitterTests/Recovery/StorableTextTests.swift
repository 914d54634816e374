import Encoding
import Testing

@testable import Submitter

struct StorableTextTests {
    @Test func `U+0000 in a panic's text is replaced, and the rest stays`() {
        let text =
            "[Error Code: 1101] error caused by: 1 error occurred:\n\t* transaction execute failed: [Error Code: 1101] cadence runtime error: Execution failed:\nerror: panic: bad\u{0}name\n  --> ab:3:12\n"
        let failure = ExecutionFailure(text: text)
        #expect(failure.reason == "chain error 1101: panic: bad\u{FFFD}name")
        #expect(!failure.text.utf8.contains(0))
        #expect(PlainText.storable("plain") == "plain")
    }
}
