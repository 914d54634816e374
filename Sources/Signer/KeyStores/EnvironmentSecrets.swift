import CCrypto
import Glibc

/// Secrets that came in variables of the environment. Taking one wipes it where it lies, so that neither /proc/PID/environ
/// nor a child process has it afterwards.
public enum EnvironmentSecrets {
    /// Takes the variables whose names fit out of this process's environment. To be called early, while no other thread
    /// reads the environment.
    @discardableResult
    public static func take(where fits: (String) -> Bool) -> [String: SecretBytes] {
        var found: [String: SecretBytes] = [:]
        for entry in entries() {
            let text = UnsafeBufferPointer(start: entry, count: strlen(entry))
            guard let equals = text.firstIndex(of: CChar(UInt8(ascii: "="))) else { continue }
            let name = String(decoding: text[..<equals].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard fits(name) else { continue }
            let value = UnsafeRawBufferPointer(start: entry + equals + 1, count: text.count - equals - 1)
            found[name] = SecretBytes(count: value.count) { $0.copyMemory(from: value) }
            OPENSSL_cleanse(entry + equals + 1, value.count)
        }
        for name in found.keys { unsetenv(name) }
        return found
    }

    private static func entries() -> [UnsafeMutablePointer<CChar>] {
        var entries: [UnsafeMutablePointer<CChar>] = []
        var cursor = environ
        while let entry = cursor.pointee {
            entries.append(entry)
            cursor += 1
        }
        return entries
    }
}
