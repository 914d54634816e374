#pragma once
// The least that makes unary calls with gRPC's C core: one thread, one completion queue, so many calls in flight.
// The C library before gRPC's headers, which define _GNU_SOURCE: its types must be those of the other modules (CGRPC's shim).
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/time.h>

typedef struct weir_bare_channel {
    grpc_channel *channel;
    grpc_completion_queue *queue;
    void *method;
} weir_bare_channel;

typedef struct weir_bare_call {
    grpc_call *call;
    grpc_metadata_array initial, trailing;
    grpc_byte_buffer *answer;
    grpc_status_code status;
    grpc_slice details;
} weir_bare_call;

static inline weir_bare_channel *weir_bare_open(const char *target, const char *method) {
    weir_bare_channel *bare = (weir_bare_channel *)calloc(1, sizeof *bare);
    grpc_init();
    grpc_channel_credentials *credentials = grpc_insecure_credentials_create();
    bare->channel = grpc_channel_create(target, credentials, NULL);
    grpc_channel_credentials_release(credentials);
    bare->queue = grpc_completion_queue_create_for_next(NULL);
    bare->method = grpc_channel_register_call(bare->channel, method, NULL, NULL);
    return bare;
}

static inline void weir_bare_close(weir_bare_channel *bare) {
    grpc_channel_destroy(bare->channel);
    grpc_completion_queue_shutdown(bare->queue);
    while (grpc_completion_queue_next(bare->queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL).type != GRPC_QUEUE_SHUTDOWN) {}
    grpc_completion_queue_destroy(bare->queue);
    grpc_shutdown();
    free(bare);
}

static inline int weir_bare_start(weir_bare_channel *bare, weir_bare_call *call, const uint8_t *message, size_t length) {
    memset(call, 0, sizeof *call);
    call->call = grpc_channel_create_registered_call(
        bare->channel, NULL, GRPC_PROPAGATE_DEFAULTS, bare->queue, bare->method, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
    grpc_slice slice = grpc_slice_from_copied_buffer((const char *)message, length);
    grpc_byte_buffer *request = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    grpc_op ops[6];
    memset(ops, 0, sizeof ops);
    ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    ops[1].op = GRPC_OP_SEND_MESSAGE;
    ops[1].data.send_message.send_message = request;
    ops[2].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
    ops[3].op = GRPC_OP_RECV_INITIAL_METADATA;
    ops[3].data.recv_initial_metadata.recv_initial_metadata = &call->initial;
    ops[4].op = GRPC_OP_RECV_MESSAGE;
    ops[4].data.recv_message.recv_message = &call->answer;
    ops[5].op = GRPC_OP_RECV_STATUS_ON_CLIENT;
    ops[5].data.recv_status_on_client.trailing_metadata = &call->trailing;
    ops[5].data.recv_status_on_client.status = &call->status;
    ops[5].data.recv_status_on_client.status_details = &call->details;
    grpc_call_error error = grpc_call_start_batch(call->call, ops, 6, call, NULL);
    grpc_byte_buffer_destroy(request);
    return error == GRPC_CALL_OK;
}

// Whether the answer came; its bytes are looked at, as whoever reads it does.
static inline int weir_bare_finish(weir_bare_call *call) {
    int answered = call->status == GRPC_STATUS_OK && call->answer != NULL && grpc_byte_buffer_length(call->answer) > 0;
    if (call->answer != NULL) grpc_byte_buffer_destroy(call->answer);
    grpc_metadata_array_destroy(&call->initial);
    grpc_metadata_array_destroy(&call->trailing);
    grpc_slice_unref(call->details);
    grpc_call_unref(call->call);
    return answered;
}

static inline double weir_bare_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// Calls a second, for so many seconds; negative where one was not answered.
static inline double weir_bare_rate(
    weir_bare_channel *bare, const uint8_t *message, size_t length, int at_once, double seconds) {
    weir_bare_call *calls = (weir_bare_call *)calloc((size_t)at_once, sizeof *calls);
    long done = 0, in_flight = 0;
    int all_answered = 1;
    double began = weir_bare_now(), now = began;
    for (int i = 0; i < at_once; i++) in_flight += weir_bare_start(bare, &calls[i], message, length);
    while (in_flight > 0) {
        grpc_event event = grpc_completion_queue_next(bare->queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
        weir_bare_call *call = (weir_bare_call *)event.tag;
        all_answered &= event.success && weir_bare_finish(call);
        in_flight--;
        done++;
        now = weir_bare_now();
        if (all_answered && now - began < seconds) in_flight += weir_bare_start(bare, call, message, length);
    }
    free(calls);
    return all_answered ? (double)done / (now - began) : -1;
}
