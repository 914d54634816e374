import Encoding
import FoundationEssentials
import HTTP
import PlatformBridge
import TestSupport
import Testing

@Suite struct WebhookSecretTests {
    static let text = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    static let body = Array(#"{"type":"operation.done","data":{"id":"op_1"}}"#.utf8)

    @Test func `the bytes that a secret decodes to sign, not its text`() throws {
        let secret = try #require(WebhookSecret(Self.text))
        #expect(
            WebhookSecret.signatures([secret], id: "msg_1", timestamp: 1_764_590_400, body: Self.body)
                == "v1,s8OTYs3DMW2bRBsbLzXcQ5SnioNtW691wtDTsC7ijGY=")
        #expect(secret.text == Self.text)
        #expect("\(secret)" == "whsec_…", "no log shows it")
    }

    @Test func `two secrets sign side by side during a rotation`() throws {
        let (old, new) = (try #require(WebhookSecret(Self.text)), WebhookSecret.generate())
        let both = WebhookSecret.signatures([new, old], id: "msg_1", timestamp: 1_764_590_400, body: Self.body)
        #expect(both.split(separator: " ").count == 2)
        #expect(both.hasSuffix(" v1,s8OTYs3DMW2bRBsbLzXcQ5SnioNtW691wtDTsC7ijGY="))
    }

    @Test(arguments: [
        "", "whsec_", "whsec_AAEC", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "whsec_!!",
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    ])
    func `what is no secret is refused`(text: String) { #expect(WebhookSecret(text) == nil) }

    @Test(.enabled(if: Peers.python != nil, "no .build-venv: run scripts/peers"))
    func `the PyPI package standardwebhooks verifies what we sign`() async throws {
        let secrets = (0..<20).map { _ in WebhookSecret.generate() }
        let now = Int64(Date().timeIntervalSince1970)
        let lines = secrets.enumerated().map { place, secret in
            let body = #"{"n":\#(place),"text":"ü \" 🌊"}"#
            let signature = WebhookSecret.signatures(
                [.generate(), secret], id: "msg_\(place)", timestamp: now, body: Array(body.utf8))
            return JSON.object([
                .init("secret", JSON(secret.text)), .init("id", JSON("msg_\(place)")), .init("at", JSON("\(now)")),
                .init("signature", JSON(signature)), .init("body", JSON(body)),
            ]).text
        }
        let answers = try await Peers.answers(
            """
            import json, sys
            from standardwebhooks import Webhook
            for line in sys.stdin:
                m = json.loads(line)
                headers = {"webhook-id": m["id"], "webhook-timestamp": m["at"], "webhook-signature": m["signature"]}
                try: Webhook(m["secret"]).verify(m["body"], headers); print("good")
                except Exception as error: print(repr(error))
            """, lines: lines)
        #expect(answers == Array(repeating: "good", count: 20))
    }

    @Test func `what a receiver says decides what comes next`() {
        func verdict(_ status: Int, _ retryAfter: String? = nil, attempts: Int = 1) -> WebhookVerdict {
            WebhookVerdict(.success((status, retryAfter)), attempts: attempts, jitter: 0.5)
        }
        #expect(verdict(200) == .delivered && verdict(204) == .delivered)
        #expect(verdict(500) == .again(after: 5, because: "500"))
        #expect(verdict(503, "120") == .again(after: 120, because: "503"))
        #expect(verdict(503, "1") == .again(after: 5, because: "503"), "no sooner than we would come by ourselves")
        #expect(verdict(429, "99999999999") == .again(after: 86_400, because: "429"))
        #expect(verdict(429, "nan") == .again(after: 5, because: "429"))
        #expect(verdict(400, "100") == .again(after: 5, because: "400"))
        #expect(verdict(302) == .again(after: 5, because: "302: redirects are not followed"))
        #expect(verdict(410) == .gone)
        #expect(verdict(500, attempts: 10) == .again(after: 86_400, because: "500"))
        guard case .dead = verdict(500, attempts: 11) else {
            Issue.record("it goes on for ever")
            return
        }
        #expect(WebhookVerdict.pauses == WebhookVerdict.pauses.sorted())
    }
}
