import Foundation
import Glibc
import Secrets
import TestSupport
import Testing

@testable import Signer

struct KeyFileOwnerTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "weir-owner-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func owner(_ path: String) -> (uid_t, gid_t) {
        var status = stat()
        stat(path, &status)
        return (status.st_uid, status.st_gid)
    }

    /// Only root can give files away: as any other user there is nothing to test.
    @Test(.enabled(if: geteuid() == 0)) func `a key file that root writes stays its owner's, and so does its lock`()
        throws
    {
        try withFolder { (folder) throws in
            let path = folder + "/keys"
            try KeyFileAccess.write([1], to: path)
            chown(path, 12345, 12346)
            try KeyFileAccess.locked(path) { () throws(SignerError) in try KeyFileAccess.write([2], to: path) }
            #expect(owner(path) == (12345, 12346))
            #expect(owner(path + ".lock") == (12345, 12346))
            var status = stat()
            stat(path, &status)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func `a new key file of root's belongs to its folder's owner`() throws {
        try withFolder { (folder) throws in
            chown(folder, 12345, 12346)
            try KeyFileAccess.locked(folder + "/keys") { () throws(SignerError) in
                try KeyFileAccess.write([1], to: folder + "/keys")
            }
            #expect(owner(folder + "/keys") == (12345, 12346))
            #expect(owner(folder + "/keys.lock") == (12345, 12346))
        }
    }

    @Test func `a file that cannot be read is no end of it`() throws {
        try withFolder { (folder) throws in
            // A folder opens and does not read.
            #expect(throws: SignerError.self) { try KeyFileAccess.read(folder) }
            #expect(try KeyFileAccess.read(folder + "/none") == nil)
        }
    }
}

struct EncryptedImportTests {
    @Test(arguments: ["DER", "PEM"]) func `an encrypted key of PKCS 8 opens with its passphrase`(form: String) throws {
        let folder = NSTemporaryDirectory() + "weir-import-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func openssl(_ arguments: String) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "openssl " + arguments]
            process.currentDirectoryURL = URL(fileURLWithPath: folder)
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }
        try openssl("ecparam -name secp256k1 -genkey -noout -out plain.pem")
        try openssl("pkcs8 -topk8 -in plain.pem -outform \(form) -v2 aes-256-cbc -passout pass:secret -out key")
        let plain = try PrivateKey.importing(
            SecretBytes(copying: Array(Data(contentsOf: URL(fileURLWithPath: folder + "/plain.pem")))))
        let source = SecretBytes(copying: Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/key"))))
        let key = try PrivateKey.importing(source, passphrase: SecretBytes(copying: Array("secret".utf8)))
        #expect(key.publicKey == plain.publicKey)
        for wrong in [nil, SecretBytes(copying: Array("wrong".utf8))] {
            let error = #expect(throws: SignerError.self) { try PrivateKey.importing(source, passphrase: wrong) }
            #expect(error?.code == .malformed)
        }
    }
}
