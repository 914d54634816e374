import CCrypto
import Secrets

/// AES-256-GCM by libcrypto. Plaintexts and keys are secrets, everything else may lie about.
enum AES256GCM {
    static func seal(
        _ plaintext: SecretBytes, key: SecretBytes, nonce: [UInt8], authenticating header: String
    ) throws(SignerError) -> (ciphertext: [UInt8], tag: [UInt8]) {
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count)
        var tag = [UInt8](repeating: 0, count: 16)
        let done = withContext { context in
            var length: Int32 = 0
            let header = Array(header.utf8)
            return key.withPointer { EVP_EncryptInit_ex2(context, EVP_aes_256_gcm(), $0, nonce, nil) } == 1
                && EVP_EncryptUpdate(context, nil, &length, header, Int32(header.count)) == 1
                && plaintext.withPointer {
                    EVP_EncryptUpdate(context, &ciphertext, &length, $0, Int32(plaintext.count))
                } == 1
                && EVP_EncryptFinal_ex(context, &tag, &length) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, &tag) == 1
        }
        guard done else { throw SignerError(.libraryFailed, "libcrypto could not encrypt") }
        return (ciphertext, tag)
    }

    /// Nil where the tag does not fit.
    static func open(
        _ ciphertext: [UInt8], tag: [UInt8], key: SecretBytes, nonce: [UInt8], authenticating header: String
    ) throws(SignerError) -> SecretBytes? {
        var fits = false
        let plaintext = SecretBytes(count: ciphertext.count) { out in
            fits = withContext { context in
                var length: Int32 = 0
                var tag = tag
                let header = Array(header.utf8)
                let plain = out.baseAddress!.assumingMemoryBound(to: UInt8.self)
                return key.withPointer { EVP_DecryptInit_ex2(context, EVP_aes_256_gcm(), $0, nonce, nil) } == 1
                    && EVP_DecryptUpdate(context, nil, &length, header, Int32(header.count)) == 1
                    && EVP_DecryptUpdate(context, plain, &length, ciphertext, Int32(ciphertext.count)) == 1
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, &tag) == 1
                    && EVP_DecryptFinal_ex(context, plain + ciphertext.count, &length) == 1
            }
        }
        return fits ? plaintext : nil
    }

    private static func withContext(_ body: (OpaquePointer) -> Bool) -> Bool {
        guard let context = EVP_CIPHER_CTX_new() else { return false }
        defer {
            EVP_CIPHER_CTX_free(context)
            ERR_clear_error()
        }
        return body(context)
    }
}
