import FoundationEssentials
import Glibc

extension Metrics {
    /// What Prometheus expects of any process: memory, processor time, open files, start time. Read from /proc.
    public func addProcessMetrics() {
        let started = Date().timeIntervalSince1970
        gauge("process_start_time_seconds", help: "Start of the process, seconds since 1970.") { started }
        gauge("process_resident_memory_bytes", help: "Resident memory.") { Double(ProcessFigures.residentBytes) }
        gauge("process_open_fds", help: "Open file descriptors.") { Double(ProcessFigures.openDescriptors) }
        gauge("process_cpu_seconds_total", help: "Processor time, user and system.") { ProcessFigures.processorSeconds }
    }
}

/// What the kernel says of this process. Zero where /proc is not there.
public enum ProcessFigures {
    public static var residentBytes: Int {
        let fields = read("/proc/self/statm").split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }

    public static var openDescriptors: Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).count
    }

    public static var processorSeconds: Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    private static func read(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
