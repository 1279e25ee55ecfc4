// f16 and bf16 to and from f32. f32 holds both exactly; the way back rounds to nearest even, or stochastically with
// given words so that the expected value is kept (updates far below one unit in the last place still move the weights).
#include "kernels.h"
#include <string.h>

static inline uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

static inline float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

static inline float f32_of_f16(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, rest = h & 0x7FFF;
  if (rest >= 0x7C00) {  // infinity, or NaN made quiet as the processor does
    return float_of(sign | 0x7F800000u | rest << 13 | (rest > 0x7C00 ? 0x00400000u : 0u));
  }
  // Shifted into place the exponent is 112 too small; a multiplication mends it, subnormals included.
  float magnitude = float_of(rest << 13) * 0x1p112f;
  return float_of(sign | bits_of(magnitude));
}

static inline uint16_t f16_of_f32(float value) {
  uint32_t bits = bits_of(value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) return (uint16_t)(sign | 0x7E00 | (magnitude >> 13 & 0x3FF));
  if (magnitude >= 0x477FF000) return (uint16_t)(sign | 0x7C00);  // rounds to 65,536 or more
  if (magnitude < 0x38800000) {                                   // below 2^-14: the sum's ulp is f16's smallest step
    float shifted = float_of(magnitude) + 0.5f;
    return (uint16_t)(sign | (bits_of(shifted) - 0x3F000000));
  }
  uint32_t odd = magnitude >> 13 & 1;
  return (uint16_t)(sign | (magnitude + 0xFFF + odd - 0x38000000) >> 13);
}

static inline uint16_t bf16_of_f32(float value) {
  uint32_t bits = bits_of(value);
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static void f32_from_f16_portable(size_t n, const uint16_t *x, float *out) {
  for (size_t i = 0; i < n; i++) out[i] = f32_of_f16(x[i]);
}

static void f16_from_f32_portable(size_t n, const float *x, uint16_t *out) {
  for (size_t i = 0; i < n; i++) out[i] = f16_of_f32(x[i]);
}

#if ZT_X86
#include <immintrin.h>

ZT_AVX2 static void f32_from_f16_avx2(size_t n, const uint16_t *x, float *out) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(x + i))));
  f32_from_f16_portable(n - i, x + i, out + i);
}

ZT_AVX2 static void f16_from_f32_avx2(size_t n, const float *x, uint16_t *out) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    _mm_storeu_si128((__m128i *)(out + i), _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
  f16_from_f32_portable(n - i, x + i, out + i);
}
#endif

void zt_f32_from_f16(size_t n, const uint16_t *x, float *out) { ZT_DISPATCH(f32_from_f16, n, x, out); }
void zt_f16_from_f32(size_t n, const float *x, uint16_t *out) { ZT_DISPATCH(f16_from_f32, n, x, out); }

/// Above 2^-14, 13 bits are dropped: adds less than one f16 step to the magnitude and cuts. Below, the step is 2^-24 and
/// any number of bits may hang over, so the fraction of a step is compared with 24 bits of the word. Both are computed
/// and one is chosen, so that the loop can be vectorised.
static inline uint16_t f16_stochastic(float value, uint32_t word) {
  uint32_t bits = bits_of(value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
  // Only small magnitudes count here; the others must not overflow the conversion.
  float steps = float_of(magnitude < 0x38800000 ? magnitude : 0) * 0x1p24f;
  int32_t whole = (int32_t)steps;
  uint32_t small = (uint32_t)whole + ((float)(int32_t)(word >> 8) * 0x1p-24f < steps - (float)whole);
  uint32_t cut = (magnitude + (word & 0x1FFF) - 0x38000000) >> 13;
  cut = cut > 0x7BFF ? 0x7BFF : cut;
  return (uint16_t)(sign | (magnitude < 0x38800000 ? small : cut));
}

static inline uint16_t bf16_stochastic(float value, uint32_t word) {
  uint32_t bits = bits_of(value), cut = ((bits & 0x7FFFFFFF) + (word & 0xFFFF)) >> 16;
  return (uint16_t)((bits >> 16 & 0x8000) | (cut > 0x7F7F ? 0x7F7F : cut));
}

/// What is not finite is rounded as it is to nearest.
static inline int is_finite(float value) { return (bits_of(value) & 0x7F800000) != 0x7F800000; }

// Operations on integers alone: compiled once for each target, vectorised by the compiler.
#define ZT_CONVERSIONS(target, name)                                                                      \
  target static void name(f32_from_bf16)(size_t n, const uint16_t *x, float *out) {                       \
    for (size_t i = 0; i < n; i++) out[i] = float_of((uint32_t)x[i] << 16);                               \
  }                                                                                                       \
  target static void name(bf16_from_f32)(size_t n, const float *x, uint16_t *out) {                       \
    for (size_t i = 0; i < n; i++) out[i] = bf16_of_f32(x[i]);                                            \
  }                                                                                                       \
  target static void name(bf16_from_f32_stochastic)(size_t n, const float *x, const uint32_t *words,      \
                                                    uint16_t *out) {                                      \
    for (size_t i = 0; i < n; i++) {                                                                      \
      uint16_t nearest = bf16_of_f32(x[i]), cut = bf16_stochastic(x[i], words[i]);                        \
      out[i] = is_finite(x[i]) ? cut : nearest;                                                           \
    }                                                                                                     \
  }                                                                                                       \
  target static void name(f16_from_f32_stochastic)(size_t n, const float *x, const uint32_t *words,       \
                                                   uint16_t *out) {                                       \
    for (size_t i = 0; i < n; i++) {                                                                      \
      uint32_t bits = bits_of(x[i]), magnitude = bits & 0x7FFFFFFF, quiet = magnitude > 0x7F800000;       \
      uint32_t other = (bits >> 16 & 0x8000) | 0x7C00 | (quiet ? 0x200 | (magnitude >> 13 & 0x3FF) : 0);  \
      uint16_t cut = f16_stochastic(x[i], words[i]);                                                      \
      out[i] = is_finite(x[i]) ? cut : (uint16_t)other;                                                   \
    }                                                                                                     \
  }

#define ZT_PORTABLE_NAME(name) name##_portable
ZT_CONVERSIONS(, ZT_PORTABLE_NAME)
#if ZT_X86
#define ZT_AVX2_NAME(name) name##_avx2
ZT_CONVERSIONS(ZT_AVX2, ZT_AVX2_NAME)
#endif

void zt_f32_from_bf16(size_t n, const uint16_t *x, float *out) { ZT_DISPATCH(f32_from_bf16, n, x, out); }
void zt_bf16_from_f32(size_t n, const float *x, uint16_t *out) { ZT_DISPATCH(bf16_from_f32, n, x, out); }
void zt_bf16_from_f32_stochastic(size_t n, const float *x, const uint32_t *words, uint16_t *out) {
  ZT_DISPATCH(bf16_from_f32_stochastic, n, x, words, out);
}
void zt_f16_from_f32_stochastic(size_t n, const float *x, const uint32_t *words, uint16_t *out) {
  ZT_DISPATCH(f16_from_f32_stochastic, n, x, words, out);
}
