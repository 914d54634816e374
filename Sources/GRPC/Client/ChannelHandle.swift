import CGRPC

/// Owns one channel of the core.
final class ChannelHandle: @unchecked Sendable {
    // Safe to share: the pointer never changes, and the core's functions on a channel may be called from any thread.
    let pointer: OpaquePointer
    let queue: CompletionQueue

    init(target: String, credentials: GRPCClientCredentials, options: GRPCChannel.Options, queue: CompletionQueue) {
        self.queue = queue
        var arguments = ChannelArguments()
        arguments.set("grpc.max_receive_message_length", options.maximumMessageBytes ?? -1)
        arguments.set("grpc.max_send_message_length", options.maximumMessageBytes ?? -1)
        arguments.set("grpc.keepalive_time_ms", options.keepaliveTime)
        arguments.set("grpc.keepalive_timeout_ms", options.keepaliveTimeout)
        arguments.set("grpc.keepalive_permit_without_calls", options.keepaliveWithoutCalls)
        arguments.set("grpc.http2.max_pings_without_data", 0)
        arguments.set("grpc.initial_reconnect_backoff_ms", options.initialBackoff)
        arguments.set("grpc.max_reconnect_backoff_ms", options.maximumBackoff)
        arguments.set("grpc.min_reconnect_backoff_ms", options.connectTimeout)
        arguments.set("grpc.primary_user_agent", options.userAgent)
        // Connections of our own: two channels to one target must not share fate, or a pool of nodes would be one node.
        arguments.set("grpc.use_local_subchannel_pool", true)
        // Whether a call is made again is decided by whoever makes it: a transaction must not go out twice unseen.
        arguments.set("grpc.enable_retries", false)
        arguments.set("grpc.enable_channelz", false)
        // No TXT look-ups: what calls do is decided here.
        arguments.set("grpc.service_config_disable_resolution", true)
        // A proxy that the environment names is for the world outside.
        if Self.isLoopback(target) { arguments.set("grpc.enable_http_proxy", false) }
        if let name = options.serverName { arguments.set("grpc.ssl_target_name_override", name) }
        pointer = credentials.withPointer { credentials in
            arguments.withPointer { grpc_channel_create(target, credentials, $0) }
        }
    }

    deinit { grpc_channel_destroy(pointer) }

    func makeCall(_ method: String, deadline: Duration?) throws(GRPCError) -> CallHandle {
        guard method.utf8.first == UInt8(ascii: "/"), method.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw GRPCError(.invalidArgument, "\(method.debugDescription) is not the path of a method")
        }
        let path = grpc_slice(copying: method)
        defer { grpc_slice_unref(path) }
        let propagateDefaults: UInt32 = 0xffff  // GRPC_PROPAGATE_DEFAULTS, a macro
        let call = grpc_channel_create_call(
            pointer, nil, propagateDefaults, queue.pointer, path, nil, Duration.deadline(deadline), nil)
        guard let call else { throw GRPCError(.internal, "no call could be made on the channel") }
        return CallHandle(adopting: call, queue: queue, owner: self)
    }

    private static func isLoopback(_ target: String) -> Bool {
        ["127.", "localhost:", "[::1]:", "unix:"].contains { target.hasPrefix($0) }
    }

    var connectivity: GRPCConnectivity { GRPCConnectivity(grpc_channel_check_connectivity_state(pointer, 0)) }
}
