import CCrypto
import Glibc

/// This process's environment, read where it lies.
enum EnvironmentSecrets {
    /// Takes the variables whose names fit out of it, and wipes them, so that neither /proc/PID/environ nor a child process
    /// has them afterwards. To be called while no other thread reads the environment.
    static func take(where fits: (String) -> Bool) -> [String: SecretBytes] {
        var found: [String: SecretBytes] = [:]
        for entry in entries() where fits(entry.name) {
            found[entry.name] = SecretBytes(count: entry.value.count) { $0.copyMemory(from: .init(entry.value)) }
            OPENSSL_cleanse(entry.value.baseAddress, entry.value.count)
        }
        for name in found.keys { unsetenv(name) }
        return found
    }

    /// What is in it now.
    static func rest() -> [String: String] {
        Dictionary(
            entries().map { ($0.name, String(decoding: $0.value, as: UTF8.self)) },
            uniquingKeysWith: { first, _ in first })
    }

    private static func entries() -> [(name: String, value: UnsafeMutableRawBufferPointer)] {
        var entries: [(name: String, value: UnsafeMutableRawBufferPointer)] = []
        var cursor = environ
        while let entry = cursor.pointee {
            let text = UnsafeMutableRawBufferPointer(start: entry, count: strlen(entry))
            if let equals = text.firstIndex(of: UInt8(ascii: "=")) {
                let value = UnsafeMutableRawBufferPointer(rebasing: text[(equals + 1)...])
                entries.append((String(decoding: text[..<equals], as: UTF8.self), value))
            }
            cursor += 1
        }
        return entries
    }
}
