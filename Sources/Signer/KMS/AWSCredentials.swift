import FoundationEssentials
public import Secrets

/// Who asks AWS, and how it is proven.
public struct AWSCredentials: Sendable {
    public var accessKeyID: String
    public var secretAccessKey: SecretBytes
    public var sessionToken: SecretBytes?

    public init(accessKeyID: String, secretAccessKey: SecretBytes, sessionToken: SecretBytes? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }

    /// From AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Throws `malformed` where one of the first two
    /// is missing.
    public init(environment: ProcessEnvironment) throws(SignerError) {
        guard let id = environment["AWS_ACCESS_KEY_ID"], let secret = environment.secret("AWS_SECRET_ACCESS_KEY"),
            !id.isEmpty, secret.count > 0
        else { throw SignerError(.malformed, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set to use AWS KMS") }
        self.init(
            accessKeyID: id, secretAccessKey: secret, sessionToken: environment.secret("AWS_SESSION_TOKEN"))
    }
}
