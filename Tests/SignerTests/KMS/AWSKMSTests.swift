import Encoding
import Foundation
import HTTP
import Secrets
import TestSupport
import Testing

@testable import Signer

struct AWSKMSTests {
    @Test(.enabled(if: Peers.python != nil, "no peers"), .timeLimit(.minutes(2)))
    func `AWS KMS, as moto plays it, is a key store`() async throws {
        let server = try await MotoServer()
        let client = HTTPClient()
        let store = try server.store(client)
        for (number, (algorithm, hash)) in SignatureAlgorithm.allCases.flatMap({ a in
            HashAlgorithm.allCases.map { (a, $0) }
        })
        .enumerated() {
            let name = try KeyName("key-\(number)")
            let made = try await store.generate(name: name, algorithm: algorithm, hashAlgorithm: hash)
            #expect(made.publicKey.algorithm == algorithm && made.hashAlgorithm == hash)
            let signer = try await store.signer(for: name)
            #expect(!signer.isDeterministic)
            try await KeyStoreConformance(store: store, present: name, can: [.generate, .change]).check()
        }
        let taken = await #expect(throws: SignerError.self) {
            try await store.generate(name: try KeyName("key-0"), algorithm: .ecdsaP256, hashAlgorithm: .sha2_256)
        }
        #expect(taken?.code == .keyExists)
        withExtendedLifetime(server) {}
    }

    @Test(.enabled(if: Peers.python != nil, "no peers"), .timeLimit(.minutes(2)))
    func `a key is rotated behind its alias`() async throws {
        let server = try await MotoServer()
        let client = HTTPClient()
        let store = try server.store(client)
        let name = try KeyName("payer")
        let old = try await store.generate(name: name, algorithm: .ecdsaSecp256k1, hashAlgorithm: .sha3_256)
        let outcome = try await KeyRotation(store).rotate(name) { _, _ in }
        #expect(try await store.signer(for: name).publicKey == outcome.current.publicKey)
        #expect(try await store.signer(for: outcome.retired).publicKey == old.publicKey)
        #expect(try await store.list().map(\.name).sorted() == [name, outcome.retired].sorted())
        withExtendedLifetime(server) {}
    }

    @Test(.enabled(if: Peers.python != nil, "no peers"), .timeLimit(.minutes(1)))
    func `our authorization is the one that botocore writes`() async throws {
        struct Job: Codable {
            var url: String
            var headers: [String: String]
            var body: String
            var token: String?
            var time: String
        }
        let program = #"""
            import datetime, json, sys
            import botocore.auth
            from botocore.awsrequest import AWSRequest
            from botocore.credentials import Credentials
            for line in sys.stdin:
                job = json.loads(line)
                botocore.auth.get_current_datetime = lambda remove_tzinfo=True: datetime.datetime.strptime(job["time"], "%Y%m%dT%H%M%SZ")
                request = AWSRequest(method="POST", url=job["url"], data=bytes.fromhex(job["body"]), headers=job["headers"])
                botocore.auth.SigV4Auth(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", job.get("token")), "kms", "us-east-1").add_auth(request)
                print(request.headers["Authorization"])
            """#
        var lines: [String] = []
        var ours: [String] = []
        for (number, url) in [
            "https://kms.us-east-1.amazonaws.com/", "http://127.0.0.1:4566/", "https://kms.test/a%20b/c",
        ].enumerated() {
            for token in [nil, "a-token"] {
                let headers = ["Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.Sign"]
                let body = [UInt8](repeating: UInt8(number), count: number * 40)
                let time = Date(timeIntervalSince1970: 1_700_000_000 + Double(number) * 9_876_543)
                var request = HTTPRequest(
                    method: "POST", url: url, headers: HTTPFields(headers.map { ($0, $1) }), body: body)
                let credentials = AWSCredentials(
                    accessKeyID: "AKIDEXAMPLE",
                    secretAccessKey: SecretBytes("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                    sessionToken: token.map { SecretBytes($0) })
                let parts = try #require(URLComponents(string: url))
                let host = parts.port.map { "\(parts.host!):\($0)" } ?? parts.host!
                SigV4(credentials: credentials, region: "us-east-1", service: "kms").sign(
                    &request, host: host, at: time)
                ours.append(request.headers["Authorization"] ?? "")
                let job = Job(url: url, headers: headers, body: Hex.encode(body), token: token, time: SigV4.stamp(time))
                lines.append(String(decoding: try JSONEncoder().encode(job), as: UTF8.self))
            }
        }
        #expect(try await Peers.answers(program, lines: lines) == ours)
    }

    /// A service whose answers are given.
    private func store(_ answer: @escaping @Sendable (String) throws -> HTTPResponse) throws -> AWSKMSKeyStore {
        AWSKMSKeyStore(
            client: try AWSKMSClient(
                region: "x",
                credentials: { AWSCredentials(accessKeyID: "a", secretAccessKey: SecretBytes("hush-hush")) },
                transport: { request, _ in
                    try answer(request.headers["X-Amz-Target"]?.replacing("TrentService.", with: "") ?? "")
                }))
    }

    private static let key = PrivateKey.generate(.ecdsaP256)

    /// What KMS would answer, with another answer to Sign.
    private func store(signing signed: @escaping @Sendable () throws -> HTTPResponse) throws -> AWSKMSKeyStore {
        try store { operation in
            switch operation {
            case "GetPublicKey":
                Self.json(["PublicKey": .string(Data(Self.key.publicKey.subjectPublicKeyInfo).base64EncodedString())])
            case "DescribeKey": Self.json(["KeyMetadata": ["KeyId": "1"]])
            case "ListResourceTags": Self.json(["Tags": []])
            default: try signed()
            }
        }
    }

    private static func json(_ json: JSON, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, body: json.bytes)
    }

    private func code(_ store: AWSKMSKeyStore) async throws -> SignerError.Code? {
        do {
            _ = try await store.signer(for: try KeyName("payer")).sign([1, 2, 3])
            return nil
        } catch let error as SignerError {
            #expect(!error.description.contains("hush"))
            return error.code
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a service that is away, slow or talks nonsense is said to be that`() async throws {
        let timedOut = try store { _ in throw HTTPError(.timedOut, "after 5 s") }
        #expect(try await code(timedOut) == .unavailable)
        #expect(try await code(try store { _ in HTTPResponse(status: 503) }) == .unavailable)
        #expect(try await code(try store { _ in HTTPResponse(status: 200, body: Array("<html>".utf8)) }) == .badAnswer)
        #expect(try await code(try store { _ in HTTPResponse(status: 404, body: Array("<html>".utf8)) }) == .badAnswer)
        #expect(try await code(try store { _ in Self.json([:]) }) == .badAnswer)
        for (type, expected) in [
            ("NotFoundException", SignerError.Code.keyNotFound), ("AccessDeniedException", .refused),
            ("com.amazonaws.kms#DisabledException", .keyUnusable), ("ThrottlingException", .unavailable),
        ] {
            #expect(
                try await code(try store { _ in Self.json(["__type": .string(type)], status: 400) }) == expected,
                "\(type)")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a signature that is none is never handed on`() async throws {
        let digest = Digest.sha2_256([1, 2, 3])
        let good = try Self.key.sign(digest: digest)
        let answer = { @Sendable (bytes: [UInt8]) in
            Self.json(["Signature": .string(Data(bytes).base64EncodedString())])
        }
        #expect(try await code(try store(signing: { answer(DERSignature.encode(rawSignature: good)) })) == nil)
        // r‖s where DER is due, the signature of something else, cut off, and none.
        let other = try Self.key.sign(digest: Digest.sha2_256([9]))
        for bytes in [
            good, DERSignature.encode(rawSignature: other), Array(DERSignature.encode(rawSignature: good).dropLast()),
            [],
        ] {
            #expect(try await code(try store(signing: { answer(bytes) })) == .badAnswer)
        }
        #expect(try await code(try store(signing: { Self.json(["Signature": "%%"]) })) == .badAnswer)
    }

    @Test func `what a request proves is kept out of what is said`() throws {
        let credentials = AWSCredentials(accessKeyID: "a", secretAccessKey: SecretBytes("hush-hush"))
        #expect(!"\(credentials)".contains("hush"))
        #expect(throws: SignerError.self) { try AWSCredentials(environment: ["AWS_ACCESS_KEY_ID": "a"]) }
        #expect(throws: SignerError.self) {
            try AWSKMSClient(
                region: "x", endpoint: "ftp://x", credentials: { credentials },
                transport: { _, _ in HTTPResponse(status: 200) })
        }
    }
}
