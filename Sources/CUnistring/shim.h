#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <uninorm.h>

/* The normalization forms are macros for addresses, which Swift cannot import. The result is malloc's. */
static inline uint8_t *shim_nfkd(const uint8_t *text, size_t count, size_t *length) {
  return u8_normalize(UNINORM_NFKD, text, count, NULL, length);
}
