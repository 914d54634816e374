import Encoding
import Foundation
import Testing

@testable import Signer

struct AttestationTests {
    private let keys = SignatureAlgorithm.allCases.map { PrivateKey.generate($0) }
    private var set: JSONWebKeySet { JSONWebKeySet(keys.map(\.publicKey)) }
    private let claims = Array(#"{"iss":"weir","sub":"0xf8d6e0586b0a20c7","height":120,"nbf":100,"exp":200}"#.utf8)

    private func token(_ key: PrivateKey, _ claims: [UInt8]? = nil) async throws -> String {
        try await Attestation.sign(
            claims: claims ?? self.claims, with: InMemorySigner(key: key, hashAlgorithm: .sha2_256))
    }

    private func refusal(_ token: String, now: Int64 = 150, keys: JSONWebKeySet? = nil) -> SignerError.Code? {
        do throws(SignerError) {
            _ = try Attestation.verify(token, keys: keys ?? set, now: now)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `what is signed is read back by anyone with the published set`() async throws {
        let published = try JSONWebKeySet(json: Array(set.json.utf8))
        #expect(published.keys == set.keys)
        for key in keys {
            #expect(try Attestation.verify(try await token(key), keys: published, now: 150) == claims)
        }
    }

    @Test func `a JOSE library's token verifies`() throws {
        // RFC 7515, appendix A.3: ES256 with its published key.
        let key = try JSONWebKeySet(
            json: Array(
                #"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#
                    .utf8))
        let input =
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        let signature = Base64URL.decode(
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")!
        #expect(key.keys[0].publicKey.verify(signature: signature, message: Array(input.utf8), hash: .sha2_256))
        // It names no key, and so proves nothing here.
        #expect(refusal(input + "." + Base64URL.encode(signature), keys: key) == .keyNotFound)
    }

    @Test func `a thumbprint is that of the standard`() throws {
        // RFC 7638's method applied by another implementation to the key of RFC 7515, A.3.
        let x = Base64URL.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")!
        let y = Base64URL.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")!
        #expect(
            JSONWebKey(try PublicKey(algorithm: .ecdsaP256, bytes: x + y)).keyID
                == "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U")
    }

    @Test func `times are kept`() async throws {
        let token = try await token(keys[0])
        #expect(refusal(token, now: 99) == .refused)
        #expect(refusal(token, now: 100) == nil)
        #expect(refusal(token, now: 199) == nil)
        #expect(refusal(token, now: 200) == .refused)
        #expect(refusal(try await self.token(keys[0], Array(#"{"exp":"200"}"#.utf8))) == .malformed)
        #expect(refusal(try await self.token(keys[0], Array(#"{"exp":true}"#.utf8))) == .malformed)
    }

    @Test func `no part of a token can be changed`() async throws {
        for key in keys {
            let token = Array(try await token(key).utf8)
            for index in token.indices {
                var bad = token
                bad[index] = bad[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                #expect(refusal(String(decoding: bad, as: UTF8.self)) != nil, "character \(index)")
            }
            for count in token.indices { #expect(refusal(String(decoding: token[..<count], as: UTF8.self)) != nil) }
        }
    }

    @Test func `the token does not choose its algorithm`() async throws {
        let key = JSONWebKey(keys[0].publicKey)
        let signer = InMemorySigner(key: keys[0], hashAlgorithm: .sha2_256)
        let headers = [
            #"{"alg":"none","kid":"\#(key.keyID)"}"#, #"{"alg":"HS256","kid":"\#(key.keyID)"}"#,
            #"{"alg":"ES256K","kid":"\#(key.keyID)"}"#, #"{"kid":"\#(key.keyID)"}"#,
            #"{"alg":"ES256","kid":"\#(key.keyID)","crit":["exp"]}"#, #"{"alg":"ES256"}"#,
            #"{"alg":"ES256","kid":"other"}"#, "[]",
        ]
        for header in headers {
            let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(claims)
            let signature = Base64URL.encode(try await signer.sign(Array(input.utf8)))
            #expect(refusal(input + "." + signature) != nil)
            #expect(refusal(input + ".") != nil)
        }
    }

    @Test func `keys for another hash, claims that are no object and sets of nonsense are refused`() async throws {
        await #expect(throws: SignerError.self) {
            try await Attestation.sign(claims: claims, with: InMemorySigner(key: keys[0], hashAlgorithm: .sha3_256))
        }
        await #expect(throws: SignerError.self) { try await token(keys[0], Array("[1]".utf8)) }
        for json in ["", "{}", #"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#] {
            #expect(throws: SignerError.self) { try JSONWebKeySet(json: Array(json.utf8)) }
        }
        let others = try JSONWebKeySet(
            json: Array(
                #"{"keys":[{"kty":"RSA"},{"kty":"EC","crv":"P-384"},{"kty":"EC","crv":"P-256","use":"enc"}]}"#.utf8))
        #expect(others.keys.isEmpty)
    }
}
