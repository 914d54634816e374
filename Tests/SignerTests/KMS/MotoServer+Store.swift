import HTTP
import Secrets
import TestSupport

@testable import Signer

extension MotoServer {
    func store(_ client: HTTPClient) throws -> AWSKMSKeyStore {
        AWSKMSKeyStore(
            client: try AWSKMSClient(
                region: "eu-central-1", endpoint: "http://127.0.0.1:\(port)",
                credentials: {
                    AWSCredentials(
                        accessKeyID: "AKIDEXAMPLE", secretAccessKey: SecretBytes("secret"),
                        sessionToken: SecretBytes("token"))
                },
                transport: { try await client.send($0, timeout: $1) }))
    }
}
