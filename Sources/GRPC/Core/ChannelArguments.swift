import CGRPC
import Glibc

/// The core's named options. Keys: grpc/impl/codegen/grpc_types.h, where they are macros.
struct ChannelArguments {
    private enum Value {
        case integer(Int)
        case text(String)
    }

    private var entries: [(key: String, value: Value)] = []

    mutating func set(_ key: String, _ value: Int) { entries.append((key, .integer(value))) }
    mutating func set(_ key: String, _ value: Bool) { set(key, value ? 1 : 0) }
    mutating func set(_ key: String, _ value: String) { entries.append((key, .text(value))) }
    mutating func set(_ key: String, _ value: Duration) { set(key, value.wholeMilliseconds) }

    /// The core copies what it keeps.
    func withPointer<R>(_ body: (UnsafePointer<grpc_channel_args>) -> R) -> R {
        var arguments: [grpc_arg] = entries.map { entry in
            var argument = grpc_arg()
            argument.key = strdup(entry.key)
            switch entry.value {
            case .integer(let number):
                argument.type = GRPC_ARG_INTEGER
                argument.value.integer = Int32(clamping: number)
            case .text(let text):
                argument.type = GRPC_ARG_STRING
                argument.value.string = strdup(text)
            }
            return argument
        }
        defer {
            for argument in arguments {
                free(argument.key)
                if argument.type == GRPC_ARG_STRING { free(argument.value.string) }
            }
        }
        return arguments.withUnsafeMutableBufferPointer {
            var all = grpc_channel_args(num_args: $0.count, args: $0.baseAddress)
            return body(&all)
        }
    }
}

extension Duration {
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = Int(seconds).multipliedReportingOverflow(by: 1000)
        return overflow ? (seconds < 0 ? .min : .max) : product + Int(attoseconds / 1_000_000_000_000_000)
    }

    /// The moment this long from now, on the core's monotonic clock. Nil stands for never.
    static func deadline(_ timeout: Duration?) -> gpr_timespec {
        guard let timeout, timeout < .seconds(10_000_000_000) else { return gpr_inf_future(GPR_CLOCK_MONOTONIC) }
        let (seconds, attoseconds) = max(timeout, .zero).components
        let span = gpr_timespec(tv_sec: seconds, tv_nsec: Int32(attoseconds / 1_000_000_000), clock_type: GPR_TIMESPAN)
        return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), span)
    }

    /// How long until a moment on one of the core's clocks; nil for never.
    init?(until deadline: gpr_timespec) {
        guard gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) != 0 else { return nil }
        let span = gpr_time_sub(deadline, gpr_now(deadline.clock_type))
        self = .seconds(span.tv_sec) + .nanoseconds(Int64(span.tv_nsec))
    }
}
