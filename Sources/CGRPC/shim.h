#pragma once
// First, because gRPC's headers define _GNU_SOURCE, with which glibc names fd_set's field otherwise than in every other
// module, and the compiler takes the two for a contradiction.
#include <sys/select.h>
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
