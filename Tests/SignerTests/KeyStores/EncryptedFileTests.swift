import Foundation
import Secrets
import Testing

@testable import Signer

struct EncryptedFileTests {
    private let folder = try! TemporaryFolder()
    private var path: String { folder.path + "/keys" }

    private func store(_ passphrase: String = "pass") -> EncryptedFileKeyStore {
        EncryptedFileKeyStore(path: path, passphrase: SecretBytes(passphrase), cost: .low)
    }

    private func filled() async throws -> EncryptedFileKeyStore {
        let store = store()
        for name in ["payer", "lane"] {
            _ = try await store.generate(name: try KeyName(name), algorithm: .ecdsaP256, hashAlgorithm: .sha3_256)
        }
        return store
    }

    private func code(_ bytes: [UInt8], passphrase: String = "pass") -> SignerError.Code? {
        do throws(SignerError) {
            _ = try KeyFile(bytes, passphrase: SecretBytes(passphrase))
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `the file is for its owner alone, and shows public keys only`() async throws {
        let store = try await filled()
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let listed = try await store.list()
        for key in listed { #expect(text.contains(key.publicKey.hex)) }
        #expect(try EncryptedFileKeyStore.describe(path: path) == listed)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["keys", "keys.lock"])
    }

    @Test func `a file that others may read is refused`() async throws {
        let store = try await filled()
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        let error = await #expect(throws: SignerError.self) { try await store.list() }
        #expect(error?.code == .refused)
    }

    @Test func `a wrong passphrase is told from a changed file`() async throws {
        _ = try await filled()
        let error = await #expect(throws: SignerError.self) { try await store("Pass").list() }
        #expect(error?.code == .wrongPassphrase)
        #expect(throws: SignerError.self) { try EncryptedFileKeyStore(path: path, passphrase: SecretBytes("")) }
    }

    @Test func `every single change of the file is noticed`() async throws {
        _ = try await filled()
        let good = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(code(good) == nil)
        for index in good.indices {
            var bad = good
            // Stays text, so that more than the first check is put to the test.
            bad[index] = bad[index] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
            guard bad != good else { continue }
            #expect(code(bad) != nil, "byte \(index)")
        }
    }

    @Test func `every truncation is refused`() async throws {
        _ = try await filled()
        let good = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        for count in good.indices {
            let found = code(Array(good[..<count]))
            #expect(found != nil && found != .wrongPassphrase, "first \(count) bytes")
        }
        let lines = good.split(separator: 10).map { Array($0) + [10] }
        #expect(code(Array(lines.dropLast().joined())) == .truncated)
    }

    @Test func `keys can't be swapped, dropped or moved between files`() async throws {
        _ = try await filled()
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        let keys = lines.indices.filter { lines[$0].hasPrefix("key ") }
        func variant(_ change: (inout [String]) -> Void) -> [UInt8] {
            var lines = lines
            change(&lines)
            return Array((lines.joined(separator: "\n") + "\n").utf8)
        }
        #expect(code(variant { $0.swapAt(keys[0], keys[1]) }) == .tampered)
        #expect(code(variant { $0.remove(at: keys[0]) }) == .truncated)
        #expect(code(variant { $0[keys[0]] = $0[keys[0]].replacing("SHA3_256", with: "SHA2_256") }) == .tampered)
        #expect(code(variant { $0[1] = $0[1].replacing("scrypt 16 ", with: "scrypt 16777216 ") }) == .unsupported)
        #expect(code(variant { $0[1] = $0[1].replacing("scrypt 16 ", with: "scrypt 17 ") }) == .unsupported)
        #expect(code(variant { $0[0] = "weir-keys 2" }) == .unsupported)
        #expect(code(variant { $0.append("more") }) == .malformed)
    }

    @Test func `a store that can't be written keeps what it had`() async throws {
        let store = try await filled()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        // Root writes everywhere, so the temporary file's place is taken by a folder.
        try FileManager.default.createDirectory(
            atPath: path + ".new-\(getpid())", withIntermediateDirectories: false)
        let error = await #expect(throws: SignerError.self) {
            try await store.add(.generate(.ecdsaP256), name: try KeyName("more"), hashAlgorithm: .sha2_256)
        }
        #expect(error?.code == .unavailable)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(try await store.list().count == 2)
    }

    @Test(.timeLimit(.minutes(1)))
    func `two stores on one file lose nothing of each other`() async throws {
        let stores = [store(), store(), store()]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<24 {
                group.addTask {
                    _ = try await stores[number % 3].generate(
                        name: try KeyName("key\(number)"), algorithm: .ecdsaSecp256k1, hashAlgorithm: .sha3_256)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store().list().count == 24)
    }

    @Test func `the passphrase can be changed`() async throws {
        let store = try await filled()
        let keys = try await store.list()
        try await store.changePassphrase(to: SecretBytes("another"))
        #expect(try await self.store("another").list() == keys)
        let error = await #expect(throws: SignerError.self) { try await store.list() }
        #expect(error?.code == .wrongPassphrase)
    }

    @Test func `the standard cost is 32 MiB`() {
        let cost = KeyFile.Cost()
        #expect(cost.isAcceptable && 128 * cost.n * cost.r == 32 << 20)
        #expect(!KeyFile.Cost(n: 1 << 24, r: 8, p: 1).isAcceptable)
    }
}
