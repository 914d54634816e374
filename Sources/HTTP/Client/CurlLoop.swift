import CCurl
import Daemon
import Glibc
import Synchronization

/// curl's multi handle and the one thread that may touch it. Others leave commands and wake it.
final class CurlLoop: Sendable {
    private enum Command { case add(Transfer), cancel(Transfer), unpause(Transfer), stop }

    /// What wakes the thread. The thread owns and frees it: it outlives every command.
    private struct MultiHandle: @unchecked Sendable { let pointer: UnsafeMutableRawPointer }

    private let multi: MultiHandle
    private let commands = Mutex<(list: [Command], isStopped: Bool)>(([], false))

    init(_ configuration: HTTPClient.Configuration) {
        _ = CurlLibrary.isReady
        guard let handle = curl_multi_init() else { preconditionFailure("curl has no memory") }
        multi = MultiHandle(pointer: handle)
        shim_curl_multi_set_long(handle, CURLMOPT_MAX_HOST_CONNECTIONS, configuration.connectionsPerHost)
        shim_curl_multi_set_long(handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.connections)
        shim_curl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, configuration.connections)
        let thread = CurlThread(loop: self, multi: handle, configuration)
        // Made here, and nobody else's from here on.
        nonisolated(unsafe) let own = thread
        OwnThread.start("curl") { own.run() }
    }

    func add(_ transfer: Transfer) {
        if !leave(.add(transfer)) { transfer.finish(.failure(HTTPError(.closed, "the client was shut down"))) }
    }

    func cancel(_ transfer: Transfer) { leave(.cancel(transfer)) }
    func unpause(_ transfer: Transfer) { leave(.unpause(transfer)) }
    func stop() { leave(.stop) }

    /// False where nobody reads commands any more.
    @discardableResult private func leave(_ command: Command) -> Bool {
        commands.withLock { commands in
            guard !commands.isStopped else { return false }
            commands.list.append(command)
            if case .stop = command { commands.isStopped = true }
            // Under the lock: the thread frees the handle only when it has taken `stop`, which is the last command.
            curl_multi_wakeup(multi.pointer)
            return true
        }
    }

    /// The thread's own things.
    private final class CurlThread {
        private let loop: CurlLoop
        private let multi: UnsafeMutableRawPointer
        private let configuration: HTTPClient.Configuration
        private var underway: [UnsafeMutableRawPointer: (transfer: Transfer, setup: CurlSetup)] = [:]
        private var handles: [ObjectIdentifier: UnsafeMutableRawPointer] = [:]
        private var free: [UnsafeMutableRawPointer] = []

        init(loop: CurlLoop, multi: UnsafeMutableRawPointer, _ configuration: HTTPClient.Configuration) {
            self.loop = loop
            self.multi = multi
            self.configuration = configuration
        }

        func run() {
            while obey() {
                var running: CInt = 0
                curl_multi_perform(multi, &running)
                collect()
                curl_multi_poll(multi, nil, 0, 1000, nil)
            }
            for handle in Array(underway.keys) { end(handle, .failure(HTTPError(.closed, "the client was shut down"))) }
            for handle in free { curl_easy_cleanup(handle) }
            curl_multi_cleanup(multi)
        }

        /// False when told to stop.
        private func obey() -> Bool {
            let list = loop.commands.withLock { commands in
                defer { commands.list = [] }
                return commands.list
            }
            var goesOn = true
            for command in list {
                switch command {
                case .add(let transfer): add(transfer)
                case .cancel(let transfer):
                    if let handle = handles[ObjectIdentifier(transfer)] { end(handle, .failure(CancellationError())) }
                case .unpause(let transfer):
                    if let handle = handles[ObjectIdentifier(transfer)] { curl_easy_pause(handle, CURLPAUSE_CONT) }
                case .stop: goesOn = false
                }
            }
            return goesOn
        }

        private func add(_ transfer: Transfer) {
            guard !transfer.isCancelled else { return transfer.finish(.failure(CancellationError())) }
            guard let handle = free.popLast() ?? curl_easy_init() else { preconditionFailure("curl has no memory") }
            do {
                let setup = try CurlSetup(handle, transfer, configuration)
                underway[handle] = (transfer, setup)
                handles[ObjectIdentifier(transfer)] = handle
            } catch {
                curl_easy_cleanup(handle)
                return transfer.finish(.failure(error))
            }
            curl_multi_add_handle(multi, handle)
        }

        private func collect() {
            var left: CInt = 0
            while let message = curl_multi_info_read(multi, &left) {
                guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle,
                    let transfer = underway[handle]?.transfer
                else { continue }
                let code = shim_curl_message_result(message)
                let failure =
                    transfer.hasRefusedAddress
                    ? HTTPError(.privateAddress, "\(transfer.place) is within a private or special network")
                    : CurlFailure.error(code, transfer.place)
                end(handle, code == CURLE_OK ? .success(()) : .failure(failure))
            }
        }

        private func end(_ handle: UnsafeMutableRawPointer, _ outcome: Result<Void, any Error>) {
            curl_multi_remove_handle(multi, handle)
            guard let (transfer, setup) = underway.removeValue(forKey: handle) else { return }
            handles[ObjectIdentifier(transfer)] = nil
            // The connection stays with the multi handle, so the easy one can serve any host next.
            curl_easy_reset(handle)
            setup.release()
            if free.count < 64 { free.append(handle) } else { curl_easy_cleanup(handle) }
            transfer.finish(outcome)
        }
    }
}

/// curl's own global state.
enum CurlLibrary {
    /// Once, before anything else of curl.
    static let isReady: Bool = {
        signal(SIGPIPE, SIG_IGN)  // OpenSSL writes without MSG_NOSIGNAL.
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()
}
