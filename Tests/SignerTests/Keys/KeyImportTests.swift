import Encoding
import Secrets
import Testing

@testable import Signer

/// PEM and DER as the `openssl` command (3.0) wrote them.
struct KeyImportTests {
    static let p256SEC1 = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIM+E8ePoLjMqDFikPzoGKCgL5i2H5GbxhX5I3k8b7mHsoAoGCCqGSM49
        AwEHoUQDQgAEwU7weLkCUhl/44XD8mE2vFvwDt+hdMI0oSa9AmVmw0d4LdEJQUnZ
        UrOoklZcVa4CzTvEfd9Sc2DhPK4xVY+B1g==
        -----END EC PRIVATE KEY-----
        """
    static let p256PKCS8 = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgz4Tx4+guMyoMWKQ/
        OgYoKAvmLYfkZvGFfkjeTxvuYeyhRANCAATBTvB4uQJSGX/jhcPyYTa8W/AO36F0
        wjShJr0CZWbDR3gt0QlBSdlSs6iSVlxVrgLNO8R931JzYOE8rjFVj4HW
        -----END PRIVATE KEY-----
        """
    static let p256Encrypted = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAh3USWSnwdPIwICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEMnap9X9rhqFl//BdGDIKksEgZCV
        6XewWAUpuui71d92UraQ13WzXuwqAyWcKYA0OMdRWYR1U99lLlJ9lXuqAvr6wiIV
        MMTtXHX0Sy5Q2PTFsAWiAtItaoac2U9O81zV+8t2qN34jxNdLalYa4Lzguo8/RTc
        9lkmrbW0hbMvVNSciQJRW1wLU8ZFE87YUZBXxeZ0T8wxSz7IQvmA84+F/Sdgt9c=
        -----END ENCRYPTED PRIVATE KEY-----
        """
    static let p256Public = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwU7weLkCUhl/44XD8mE2vFvwDt+h
        dMI0oSa9AmVmw0d4LdEJQUnZUrOoklZcVa4CzTvEfd9Sc2DhPK4xVY+B1g==
        -----END PUBLIC KEY-----
        """
    static let k1SEC1 = """
        -----BEGIN EC PRIVATE KEY-----
        MHQCAQEEIHsT732X2wb/7RpD+PMCgLeCMFacCSngWTPd2oYdh0WBoAcGBSuBBAAK
        oUQDQgAE/L6bzz8QvKb3bdBnQgtSrBIB73A6HyoLmPGM2u+DbVzBuryjM3SPEtEs
        pz+yDmT8wa6jtG+6fIt8INA7uSlO3A==
        -----END EC PRIVATE KEY-----
        """
    static let k1PKCS8 = """
        -----BEGIN PRIVATE KEY-----
        MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgexPvfZfbBv/tGkP48wKA
        t4IwVpwJKeBZM93ahh2HRYGhRANCAAT8vpvPPxC8pvdt0GdCC1KsEgHvcDofKguY
        8Yza74NtXMG6vKMzdI8S0SynP7IOZPzBrqO0b7p8i3wg0Du5KU7c
        -----END PRIVATE KEY-----
        """
    static let k1Encrypted = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjCCSdFxBXPagICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOh40s0bVRHHsQpxyT7zdcYEgZCz
        uViez2zhGp1YAqZk/Sgach7ZdVIatqooZCYTjh1L9/qKp1qJ1CLmXyZpb/ZXpB75
        JJ3pbJGWcHSdM93dXvQk/HzpFMUXAsTHjZnUtSHWLYS/sQDcNj9BJ7K6n1enLPLZ
        1Xd6Wf4tI08Dv1U7oeVh/g1Ggqphk2pXsBH9XqdNrfDVRrAmnGA6JjfmOIyrZbc=
        -----END ENCRYPTED PRIVATE KEY-----
        """
    static let k1Public = """
        -----BEGIN PUBLIC KEY-----
        MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAE/L6bzz8QvKb3bdBnQgtSrBIB73A6HyoL
        mPGM2u+DbVzBuryjM3SPEtEspz+yDmT8wa6jtG+6fIt8INA7uSlO3A==
        -----END PUBLIC KEY-----
        """
    static let p384 = """
        -----BEGIN EC PRIVATE KEY-----
        MIGkAgEBBDDe/w/w7m0PKOE3Ny9j7tkytFZmsvHmd0fdFTGKGcnVKqQa01psAblq
        XEBONiEoZpKgBwYFK4EEACKhZANiAATdOXkEM2UY9CUfPnjAUtxEHeTp7MGvlN3J
        O3K++/t86MZC4XNLyRqNScbuDXQc7VwSbleAVrxQYzqtVIQBH7bwqNdzZxcJA1z+
        AS31cCrlh9S1HToaET261cLhqT9emTA=
        -----END EC PRIVATE KEY-----
        """
    static let ed25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEINh/U5UM5xNXbT7W0BUprBmVH48uy2LW3fBZTF5Fd55t
        -----END PRIVATE KEY-----
        """

    private func secret(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8)) }

    @Test func `every form of a private key is the same key`() throws {
        let keys: [(SignatureAlgorithm, String, [String], String)] = [
            (
                .ecdsaP256, "cf84f1e3e82e332a0c58a43f3a0628280be62d87e466f1857e48de4f1bee61ec",
                [Self.p256SEC1, Self.p256PKCS8, Self.p256Encrypted], Self.p256Public
            ),
            (
                .ecdsaSecp256k1, "7b13ef7d97db06ffed1a43f8f30280b78230569c0929e05933ddda861d874581",
                [Self.k1SEC1, Self.k1PKCS8, Self.k1Encrypted], Self.k1Public
            ),
        ]
        for (algorithm, hex, pems, publicPEM) in keys {
            let expected = try PublicKey(pem: publicPEM)
            #expect(expected.algorithm == algorithm)
            #expect(expected.pem == publicPEM + "\n")
            for text in [hex, "0x" + hex, "  " + hex.uppercased() + "\n"] {
                #expect(try PrivateKey.importing(secret(text), algorithm: algorithm).publicKey == expected)
            }
            for pem in pems {
                let key = try PrivateKey.importing(secret(pem), passphrase: secret("correct"))
                #expect(key.publicKey == expected)
                #expect(
                    try PrivateKey.importing(secret(pem), algorithm: algorithm, passphrase: secret("correct")).publicKey
                        == expected)
                #expect(throws: SignerError.self) {
                    try PrivateKey.importing(
                        secret(pem), algorithm: algorithm == .ecdsaP256 ? .ecdsaSecp256k1 : .ecdsaP256,
                        passphrase: secret("correct"))
                }
            }
        }
    }

    @Test func `DER is read too`() throws {
        let hex =
            "30770201010420cf84f1e3e82e332a0c58a43f3a0628280be62d87e466f1857e48de4f1bee61eca00a06082a8648ce3d030107a14403"
            + "420004c14ef078b90252197fe385c3f26136bc5bf00edfa174c234a126bd026566c347782dd1094149d952b3a892565c55ae02cd3bc47d"
            + "df527360e13cae31558f81d6"
        let key = try PrivateKey.importing(SecretBytes(copying: Hex.decode(hex)!))
        #expect(key.publicKey == (try PublicKey(pem: Self.p256Public)))
    }

    @Test func `an encrypted key needs its passphrase, and asks nobody for it`() {
        for passphrase in [nil, secret("wrong"), secret(String(repeating: "long", count: 1000))] {
            let error = #expect(throws: SignerError.self) {
                try PrivateKey.importing(secret(Self.k1Encrypted), passphrase: passphrase)
            }
            #expect(error?.code == .malformed)
        }
    }

    @Test func `other curves, public keys and what is no key are refused`() {
        for text in [Self.p384, Self.ed25519] {
            let error = #expect(throws: SignerError.self) { try PrivateKey.importing(secret(text)) }
            #expect(error?.code == .unsupported)
        }
        let hex = String(repeating: "5a", count: 32)
        let bad = [
            Self.p256Public, "", "-----BEGIN", String(Self.p256SEC1.dropLast(40)), "zz", String(hex.dropLast()),
            hex + "00",
            String(hex.dropLast()) + "g", "0x", "0X" + hex,
        ]
        for text in bad {
            let error = #expect(throws: SignerError.self) {
                try PrivateKey.importing(secret(text), algorithm: .ecdsaP256)
            }
            #expect(error?.description.contains("5a5a") == false)
        }
        let error = #expect(throws: SignerError.self) { try PrivateKey.importing(secret(hex)) }
        #expect(error?.code == .malformed)
    }

    @Test func `a public key in another shape is refused`() throws {
        let key = try PublicKey(pem: Self.k1Public)
        let der = key.subjectPublicKeyInfo
        #expect(try PublicKey(subjectPublicKeyInfo: der) == key)
        #expect(throws: SignerError.self) { try PublicKey(subjectPublicKeyInfo: Array(der.dropLast())) }
        #expect(throws: SignerError.self) { try PublicKey(subjectPublicKeyInfo: der + [0]) }
        var off = der
        off[off.count - 1] ^= 1
        #expect(throws: SignerError.self) { try PublicKey(subjectPublicKeyInfo: off) }
        #expect(throws: SignerError.self) { try PublicKey(pem: Self.k1SEC1) }
    }
}
