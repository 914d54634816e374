import CCrypto
import Glibc

/// libcrypto's secure heap: one region that is locked into memory, left out of core dumps and fenced by guard pages, and
/// wiped as it is freed. It is set up once, before the first secret exists.
public enum SecretMemory {
    /// How well the region is protected, for a log line at start.
    public enum Protection: String, Sendable {
        /// Locked, fenced, not dumped.
        case full
        /// Wiped on release; the system refused to lock it (RLIMIT_MEMLOCK) or to fence it.
        case partial
        /// Ordinary memory, wiped on release.
        case wipedOnly
    }

    public static var protection: Protection { setUp }

    static func prepare() { _ = setUp }

    // Room for some thousands of keys. Where the system will not lock that much, a smaller region may still be locked.
    private static let setUp: Protection = {
        for size in [1 << 20, 1 << 16] {
            switch CRYPTO_secure_malloc_init(size, 32) {
            case 1: return .full
            case 2 where size == 1 << 16: return .partial
            case 2: CRYPTO_secure_malloc_done()
            default: continue
            }
        }
        return .wipedOnly
    }()

    /// Keeps this process's memory out of core dumps and away from other processes of the same user (ptrace,
    /// /proc/PID/mem). For an executable to call before it reads a secret.
    public static func hardenProcess() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        _ = shim_forbid_dumps()
    }
}

extension SecretMemory {
    /// Nil where the secure heap is full or absent.
    static func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        prepare()
        return CRYPTO_secure_malloc(count, "", 0)
    }

    static func free(_ memory: UnsafeMutableRawPointer, _ count: Int) {
        CRYPTO_secure_clear_free(memory, count, "", 0)
    }
}
