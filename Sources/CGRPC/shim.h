#pragma once
// gRPC's headers define _GNU_SOURCE. With the C library's settled before them, its types are the same here as in the other
// modules; otherwise an optimised build that sees two of them finds two kinds of fd_set.
#include <stdlib.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>

// A slice is read by macros, which Swift cannot import. The pointer leads into *slice where the bytes are inlined.
static inline const uint8_t *weir_slice_start(const grpc_slice *slice) { return GRPC_SLICE_START_PTR(*slice); }
static inline size_t weir_slice_length(const grpc_slice *slice) { return GRPC_SLICE_LENGTH(*slice); }
// The slices of a received message; in a union, which Swift would copy to read it.
static inline const grpc_slice_buffer *weir_slices(const grpc_byte_buffer *buffer) { return &buffer->data.raw.slice_buffer; }
