// Addressed noise: Philox4x32-10 and the laws drawn from it. docs/noise.md is the contract that this file implements;
// every operation here is correctly rounded IEEE-754, in the order written, so that both paths give the same bits.
#include "kernels.h"
#include <math.h>
#include <string.h>

#define PHILOX_M0 0xD2511F53u
#define PHILOX_M1 0xCD9E8D57u
#define PHILOX_W0 0x9E3779B9u
#define PHILOX_W1 0xBB67AE85u

// ln(1 + f) = f − f²/2 + f³ (L0 + L1 f + ...) on [√½ − 1, √2 − 1], minimax, error < 4e-8
#define L0 0.3333386f
#define L1 -0.25001746f
#define L2 0.19965397f
#define L3 -0.16565636f
#define L4 0.14876983f
#define L5 -0.14350188f
#define L6 0.089177825f
#define LN2 0.6931472f
#define SQRT_HALF_BITS 0x3F3504F3
// sin(π/2 g) = g (S0 + S1 g² + ...), cos(π/2 g) = C0 + C1 g² + ... on [−½, ½], minimax, error < 3e-8
#define S0 1.5707964f
#define S1 -0.6459635f
#define S2 0.07968023f
#define S3 -0.004602177f
#define C0 1.0f
#define C1 -1.233697f
#define C2 0.25359863f
#define C3 -0.020408353f
// z = S (F1 + F3 S² + F5 S⁴), S = (sum of the four bytes − 510) / 510: second, fourth and sixth moments 1, 3, 15
#define F1 0x1.ad17a2p+1f
#define F3 0x1.286ecp-5f
#define F5 0x1.23ffd4p+0f
#define INVERSE_510 0x1.010102p-9f

// --- Portable

static inline void philox_block(uint64_t block, uint64_t path, uint64_t seed, uint32_t out[4]) {
  uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32), c2 = (uint32_t)path, c3 = (uint32_t)(path >> 32);
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)PHILOX_M0 * c0, p1 = (uint64_t)PHILOX_M1 * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c0 = n0;
    c1 = (uint32_t)p1;
    c2 = n2;
    c3 = (uint32_t)p0;
    k0 += PHILOX_W0;
    k1 += PHILOX_W1;
  }
  out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

void zt_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  philox_block((uint64_t)counter[1] << 32 | counter[0], (uint64_t)counter[3] << 32 | counter[2],
               (uint64_t)key[1] << 32 | key[0], out);
}

static inline float bits_to_float(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

static inline uint32_t float_to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

/// Box-Muller: two normals from two words.
static inline void gaussian_pair(uint32_t radius_word, uint32_t angle_word, float out[2]) {
  float u = ((float)(int32_t)(radius_word >> 9) + 0.5f) * 0x1p-23f;
  int32_t bits = (int32_t)float_to_bits(u);
  int32_t exponent = (bits - SQRT_HALF_BITS) >> 23;
  float f = bits_to_float((uint32_t)(bits - (int32_t)((uint32_t)exponent << 23))) - 1.0f;
  float q = L6;
  q = fmaf(q, f, L5), q = fmaf(q, f, L4), q = fmaf(q, f, L3), q = fmaf(q, f, L2), q = fmaf(q, f, L1), q = fmaf(q, f, L0);
  float f2 = f * f;
  float logarithm = fmaf(f2 * f, q, fmaf(-0.5f, f2, f));
  logarithm = fmaf((float)exponent, LN2, logarithm);
  float radius = sqrtf(-2.0f * logarithm);

  float g = ((float)(int32_t)((angle_word >> 7) & 0x7FFFFF) + 0.5f) * 0x1p-23f - 0.5f;
  float g2 = g * g;
  float sine = S3;
  sine = fmaf(sine, g2, S2), sine = fmaf(sine, g2, S1), sine = fmaf(sine, g2, S0);
  sine = sine * g;
  float cosine = C3;
  cosine = fmaf(cosine, g2, C2), cosine = fmaf(cosine, g2, C1), cosine = fmaf(cosine, g2, C0);
  uint32_t quadrant = angle_word >> 30;
  float x = quadrant & 1 ? sine : cosine, y = quadrant & 1 ? cosine : sine;
  if (quadrant == 1 || quadrant == 2) x = -x;
  if (quadrant >= 2) y = -y;
  out[0] = radius * x;
  out[1] = radius * y;
}

static inline float fast_gaussian(uint32_t word) {
  int32_t sum = (int32_t)((word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24)) - 510;
  float s = (float)sum * INVERSE_510;
  float s2 = s * s;
  return s * fmaf(fmaf(F5, s2, F3), s2, F1);
}

/// Elements of one block of four, for the two Gaussian laws.
static inline void block_of_four(int law, uint64_t seed, uint64_t path, uint64_t block, float out[4]) {
  uint32_t w[4];
  philox_block(block, path, seed, w);
  if (law == ZT_GAUSSIAN) {
    gaussian_pair(w[0], w[1], out);
    gaussian_pair(w[2], w[3], out + 2);
  } else {
    for (int i = 0; i < 4; i++) out[i] = fast_gaussian(w[i]);
  }
}

static void noise_words_portable(uint64_t seed, uint64_t path, uint64_t first, size_t blocks, uint32_t *out) {
  for (size_t i = 0; i < blocks; i++) philox_block(first + i, path, seed, out + 4 * i);
}

/// What becomes of noise z: it is written, out = z, or added, out = fma(a, z, out).
typedef struct sink { int adds; float a; } sink;

static inline void put(sink sink, float z, float *out) { *out = sink.adds ? fmaf(sink.a, z, *out) : z; }

static void gaussian_blocks_portable(int law, uint64_t seed, uint64_t path, uint64_t first, size_t blocks, sink sink,
                                     float *out) {
  for (size_t i = 0; i < blocks; i++) {
    float z[4];
    block_of_four(law, seed, path, first + i, z);
    for (int k = 0; k < 4; k++) put(sink, z[k], out + 4 * i + k);
  }
}

/// Of elements first ..< first + count of the words.
static void signs_portable(const uint32_t *words, size_t first, size_t count, sink sink, float *out) {
  for (size_t i = 0; i < count; i++) {
    size_t bit = first + i;
    put(sink, words[bit / 32] >> (bit % 32) & 1 ? 1.0f : -1.0f, out + i);
  }
}

/// The number that decides of an element, an upper and a lower half, is below the threshold. The lower half stands 2^63
/// blocks further, and is drawn only where the upper one leaves it open: once in 65,536 elements.
static void mask_bits_portable(uint64_t seed, uint64_t path, uint64_t threshold, uint64_t first, size_t bytes,
                               uint8_t *bits) {
  const uint32_t upper = (uint32_t)(threshold >> 16), lower = (uint32_t)(threshold & 0xFFFF);
  for (size_t i = 0; i < bytes; i++) {
    uint32_t w[4], tie[4];
    int has_tie = 0;
    uint8_t byte = 0;
    philox_block(first + i, path, seed, w);
    for (int k = 0; k < 8; k++) {
      uint32_t half = w[k / 2] >> (k % 2 * 16) & 0xFFFF;
      int keep = half < upper;
      if (half == upper) {
        if (!has_tie) philox_block((first + i) ^ (uint64_t)1 << 63, path, seed, tie);
        has_tie = 1;
        keep = (tie[k / 2] >> (k % 2 * 16) & 0xFFFF) < lower;
      }
      byte |= (uint8_t)(keep << k);
    }
    bits[i] = byte;
  }
}

static inline int bit_at(const uint8_t *bits, size_t i) { return bits[i / 8] >> (i % 8) & 1; }

static void mask_clear_portable(size_t n, const uint8_t *bits, size_t first, float *x) {
  for (size_t i = 0; i < n; i++) x[i] = bit_at(bits, first + i) ? x[i] : 0.0f;
}

static void mask_restore_portable(size_t n, const uint8_t *bits, size_t first, const float *old, float *x) {
  for (size_t i = 0; i < n; i++) x[i] = bit_at(bits, first + i) ? x[i] : old[i];
}

// --- AVX2: eight counters at once, each state word in the low half of a 64-bit lane so that one multiplication
// gives both halves of the product.

#if ZT_X86
#include <immintrin.h>

/// The ten rounds' keys of a seed, each in every lane.
typedef struct { __m256i key[20]; } key_schedule;

ZT_AVX2 static inline key_schedule schedule_of(uint64_t seed) {
  key_schedule schedule;
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; round++) {
    schedule.key[2 * round] = _mm256_set1_epi64x(k0);
    schedule.key[2 * round + 1] = _mm256_set1_epi64x(k1);
    k0 += PHILOX_W0;
    k1 += PHILOX_W1;
  }
  return schedule;
}

typedef struct { __m256i w[4]; } words8;

/// Words of blocks first ..< first + 8, in the order 0, 4, 1, 5, 2, 6, 3, 7 that the transposition below undoes.
/// `first`'s low 32 bits must not wrap within the eight.
ZT_AVX2 static inline words8 philox_eight(const key_schedule *schedule, uint64_t path, uint64_t first) {
  const __m256i m0 = _mm256_set1_epi64x(PHILOX_M0), m1 = _mm256_set1_epi64x(PHILOX_M1);
  const __m256i high = _mm256_set1_epi64x((int64_t)(first >> 32)), low = _mm256_set1_epi64x((int64_t)(first & 0xFFFFFFFF));
  const __m256i p0 = _mm256_set1_epi64x((int64_t)(path & 0xFFFFFFFF)), p1 = _mm256_set1_epi64x((int64_t)(path >> 32));
  __m256i a0 = _mm256_add_epi64(low, _mm256_set_epi64x(3, 2, 1, 0)), b0 = _mm256_add_epi64(low, _mm256_set_epi64x(7, 6, 5, 4));
  __m256i a1 = high, b1 = high, a2 = p0, b2 = p0, a3 = p1, b3 = p1;
  for (int round = 0; round < 10; round++) {
    const __m256i key0 = schedule->key[2 * round], key1 = schedule->key[2 * round + 1];
    __m256i pa0 = _mm256_mul_epu32(a0, m0), pa1 = _mm256_mul_epu32(a2, m1);
    __m256i pb0 = _mm256_mul_epu32(b0, m0), pb1 = _mm256_mul_epu32(b2, m1);
    a0 = _mm256_xor_si256(_mm256_srli_epi64(pa1, 32), _mm256_xor_si256(a1, key0));
    b0 = _mm256_xor_si256(_mm256_srli_epi64(pb1, 32), _mm256_xor_si256(b1, key0));
    a2 = _mm256_xor_si256(_mm256_srli_epi64(pa0, 32), _mm256_xor_si256(a3, key1));
    b2 = _mm256_xor_si256(_mm256_srli_epi64(pb0, 32), _mm256_xor_si256(b3, key1));
    // The high halves hold leftovers of the products; multiplication and the final blend ignore them.
    a1 = pa1, b1 = pb1, a3 = pa0, b3 = pb0;
  }
  words8 r;
  r.w[0] = _mm256_blend_epi32(a0, _mm256_slli_epi64(b0, 32), 0xAA);
  r.w[1] = _mm256_blend_epi32(a1, _mm256_slli_epi64(b1, 32), 0xAA);
  r.w[2] = _mm256_blend_epi32(a2, _mm256_slli_epi64(b2, 32), 0xAA);
  r.w[3] = _mm256_blend_epi32(a3, _mm256_slli_epi64(b3, 32), 0xAA);
  return r;
}

typedef struct { __m256 v[4]; } values32;

/// The 32 values of eight blocks in element order.
ZT_AVX2 static inline values32 transposed(__m256 z0, __m256 z1, __m256 z2, __m256 z3) {
  __m256 l01 = _mm256_unpacklo_ps(z0, z1), h01 = _mm256_unpackhi_ps(z0, z1);
  __m256 l23 = _mm256_unpacklo_ps(z2, z3), h23 = _mm256_unpackhi_ps(z2, z3);
  __m256d b02 = _mm256_unpacklo_pd(_mm256_castps_pd(l01), _mm256_castps_pd(l23));
  __m256d b46 = _mm256_unpackhi_pd(_mm256_castps_pd(l01), _mm256_castps_pd(l23));
  __m256d b13 = _mm256_unpacklo_pd(_mm256_castps_pd(h01), _mm256_castps_pd(h23));
  __m256d b57 = _mm256_unpackhi_pd(_mm256_castps_pd(h01), _mm256_castps_pd(h23));
  values32 r;
  r.v[0] = _mm256_castpd_ps(_mm256_permute2f128_pd(b02, b13, 0x20));
  r.v[1] = _mm256_castpd_ps(_mm256_permute2f128_pd(b02, b13, 0x31));
  r.v[2] = _mm256_castpd_ps(_mm256_permute2f128_pd(b46, b57, 0x20));
  r.v[3] = _mm256_castpd_ps(_mm256_permute2f128_pd(b46, b57, 0x31));
  return r;
}

/// The 32 words of eight blocks in order.
ZT_AVX2 static inline void store_words(words8 r, uint32_t *out) {
  values32 words = transposed(_mm256_castsi256_ps(r.w[0]), _mm256_castsi256_ps(r.w[1]), _mm256_castsi256_ps(r.w[2]),
                              _mm256_castsi256_ps(r.w[3]));
  for (int k = 0; k < 4; k++) _mm256_storeu_si256((__m256i *)(out + 8 * k), _mm256_castps_si256(words.v[k]));
}

ZT_AVX2 static inline void put_eight(sink sink, __m256 z, float *out) {
  _mm256_storeu_ps(out, sink.adds ? _mm256_fmadd_ps(_mm256_set1_ps(sink.a), z, _mm256_loadu_ps(out)) : z);
}

ZT_AVX2 static inline void gaussian_pair_avx2(__m256i radius_word, __m256i angle_word, __m256 *x_out, __m256 *y_out) {
  const __m256 half = _mm256_set1_ps(0.5f), unit = _mm256_set1_ps(0x1p-23f);
  __m256 u = _mm256_mul_ps(_mm256_add_ps(_mm256_cvtepi32_ps(_mm256_srli_epi32(radius_word, 9)), half), unit);
  __m256i bits = _mm256_castps_si256(u);
  __m256i exponent = _mm256_srai_epi32(_mm256_sub_epi32(bits, _mm256_set1_epi32(SQRT_HALF_BITS)), 23);
  __m256 f = _mm256_sub_ps(_mm256_castsi256_ps(_mm256_sub_epi32(bits, _mm256_slli_epi32(exponent, 23))), _mm256_set1_ps(1.0f));
  __m256 q = _mm256_set1_ps(L6);
  q = _mm256_fmadd_ps(q, f, _mm256_set1_ps(L5));
  q = _mm256_fmadd_ps(q, f, _mm256_set1_ps(L4));
  q = _mm256_fmadd_ps(q, f, _mm256_set1_ps(L3));
  q = _mm256_fmadd_ps(q, f, _mm256_set1_ps(L2));
  q = _mm256_fmadd_ps(q, f, _mm256_set1_ps(L1));
  q = _mm256_fmadd_ps(q, f, _mm256_set1_ps(L0));
  __m256 f2 = _mm256_mul_ps(f, f);
  __m256 logarithm = _mm256_fmadd_ps(_mm256_mul_ps(f2, f), q, _mm256_fmadd_ps(_mm256_set1_ps(-0.5f), f2, f));
  logarithm = _mm256_fmadd_ps(_mm256_cvtepi32_ps(exponent), _mm256_set1_ps(LN2), logarithm);
  __m256 radius = _mm256_sqrt_ps(_mm256_mul_ps(_mm256_set1_ps(-2.0f), logarithm));

  __m256i fraction = _mm256_and_si256(_mm256_srli_epi32(angle_word, 7), _mm256_set1_epi32(0x7FFFFF));
  __m256 g = _mm256_sub_ps(_mm256_mul_ps(_mm256_add_ps(_mm256_cvtepi32_ps(fraction), half), unit), half);
  __m256 g2 = _mm256_mul_ps(g, g);
  __m256 sine = _mm256_fmadd_ps(_mm256_set1_ps(S3), g2, _mm256_set1_ps(S2));
  sine = _mm256_fmadd_ps(sine, g2, _mm256_set1_ps(S1));
  sine = _mm256_fmadd_ps(sine, g2, _mm256_set1_ps(S0));
  sine = _mm256_mul_ps(sine, g);
  __m256 cosine = _mm256_fmadd_ps(_mm256_set1_ps(C3), g2, _mm256_set1_ps(C2));
  cosine = _mm256_fmadd_ps(cosine, g2, _mm256_set1_ps(C1));
  cosine = _mm256_fmadd_ps(cosine, g2, _mm256_set1_ps(C0));

  // quadrant = top two bits: the odd ones swap sine and cosine; y's sign is the top bit, x's is top bit xor second bit.
  const __m256i sign = _mm256_set1_epi32((int32_t)0x80000000);
  __m256i second_bit = _mm256_slli_epi32(angle_word, 1);
  __m256 swap = _mm256_castsi256_ps(second_bit);  // blendv looks at the sign bit only
  __m256 x = _mm256_blendv_ps(cosine, sine, swap), y = _mm256_blendv_ps(sine, cosine, swap);
  x = _mm256_xor_ps(x, _mm256_castsi256_ps(_mm256_and_si256(_mm256_xor_si256(angle_word, second_bit), sign)));
  y = _mm256_xor_ps(y, _mm256_castsi256_ps(_mm256_and_si256(angle_word, sign)));
  *x_out = _mm256_mul_ps(radius, x);
  *y_out = _mm256_mul_ps(radius, y);
}

ZT_AVX2 static inline __m256 fast_gaussian_avx2(__m256i word) {
  // Pairs of bytes, then pairs of sums.
  __m256i sum = _mm256_madd_epi16(_mm256_maddubs_epi16(word, _mm256_set1_epi8(1)), _mm256_set1_epi16(1));
  __m256 s = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(sum, _mm256_set1_epi32(510))), _mm256_set1_ps(INVERSE_510));
  __m256 s2 = _mm256_mul_ps(s, s);
  __m256 odd = _mm256_fmadd_ps(_mm256_fmadd_ps(_mm256_set1_ps(F5), s2, _mm256_set1_ps(F3)), s2, _mm256_set1_ps(F1));
  return _mm256_mul_ps(s, odd);
}

/// Whether eight blocks from `first` keep one high counter word.
static inline int eight_fit(uint64_t first) { return (uint32_t)first <= 0xFFFFFFF8u; }

ZT_AVX2 static void noise_words_avx2(uint64_t seed, uint64_t path, uint64_t first, size_t blocks, uint32_t *out) {
  const key_schedule schedule = schedule_of(seed);
  size_t i = 0;
  for (; i + 8 <= blocks; i += 8) {
    if (eight_fit(first + i))
      store_words(philox_eight(&schedule, path, first + i), out + 4 * i);
    else
      noise_words_portable(seed, path, first + i, 8, out + 4 * i);
  }
  noise_words_portable(seed, path, first + i, blocks - i, out + 4 * i);
}

/// Words and what is made of them take turns: each is a chain of dependent operations too long for the processor to
/// begin the next eight blocks before it has done with these, unless the chain is cut in two.
ZT_AVX2 static inline __attribute__((always_inline)) void gaussian_eights(
    int law, const key_schedule *schedule, uint64_t path, uint64_t first, size_t eights, sink sink, float *out) {
  enum { BATCH = 16 };
  words8 drawn[BATCH];
  for (; eights; ) {
    size_t count = eights < BATCH ? eights : BATCH;
    for (size_t i = 0; i < count; i++) drawn[i] = philox_eight(schedule, path, first + 8 * i);
    for (size_t i = 0; i < count; i++) {
      const __m256i *w = drawn[i].w;
      __m256 z[4];
      if (law == ZT_GAUSSIAN) {
        gaussian_pair_avx2(w[0], w[1], z, z + 1);
        gaussian_pair_avx2(w[2], w[3], z + 2, z + 3);
      } else {
        for (int k = 0; k < 4; k++) z[k] = fast_gaussian_avx2(w[k]);
      }
      values32 values = transposed(z[0], z[1], z[2], z[3]);
      for (int k = 0; k < 4; k++) put_eight(sink, values.v[k], out + 32 * i + 8 * k);
    }
    first += 8 * count, eights -= count, out += 32 * count;
  }
}

/// How many whole eights of `blocks` from `first` keep one high counter word.
static inline size_t eights_before_wrap(uint64_t first, size_t blocks) {
  uint64_t left = (UINT64_C(1) << 32) - (first & 0xFFFFFFFF);
  return (size_t)((blocks < left ? blocks : left) / 8);
}

ZT_AVX2 static void gaussian_blocks_avx2(int law, uint64_t seed, uint64_t path, uint64_t first, size_t blocks, sink sink,
                                         float *out) {
  const key_schedule schedule = schedule_of(seed);
  while (blocks) {
    size_t eights = eights_before_wrap(first, blocks);
    if (law == ZT_GAUSSIAN && sink.adds)
      gaussian_eights(ZT_GAUSSIAN, &schedule, path, first, eights, (struct sink){1, sink.a}, out);
    else if (law == ZT_GAUSSIAN)
      gaussian_eights(ZT_GAUSSIAN, &schedule, path, first, eights, (struct sink){0, 0}, out);
    else if (sink.adds)
      gaussian_eights(ZT_GAUSSIAN_FAST, &schedule, path, first, eights, (struct sink){1, sink.a}, out);
    else
      gaussian_eights(ZT_GAUSSIAN_FAST, &schedule, path, first, eights, (struct sink){0, 0}, out);
    size_t odd = blocks - 8 * eights < 8 ? blocks - 8 * eights : 8;
    gaussian_blocks_portable(law, seed, path, first + 8 * eights, odd, sink, out + 32 * eights);
    first += 8 * eights + odd, blocks -= 8 * eights + odd, out += 32 * eights + 4 * odd;
  }
}

ZT_AVX2 static void signs_avx2(const uint32_t *words, size_t first, size_t count, sink sink, float *out) {
  // The chosen bit is moved to the sign position; +1 where the bit is 1.
  const __m256i shifts = _mm256_set_epi32(24, 25, 26, 27, 28, 29, 30, 31), minus_one = _mm256_castps_si256(_mm256_set1_ps(-1.0f));
  const __m256i sign = _mm256_set1_epi32((int32_t)0x80000000);
  size_t i = 0;
  // Eights of elements do not cross a word from where bits are whole bytes.
  for (; first % 8 == 0 && i + 8 <= count; i += 8) {
    __m256i word = _mm256_set1_epi32((int32_t)(words[(first + i) / 32] >> ((first + i) % 32)));
    __m256i bit = _mm256_and_si256(_mm256_sllv_epi32(word, shifts), sign);
    put_eight(sink, _mm256_castsi256_ps(_mm256_xor_si256(minus_one, bit)), out + i);
  }
  signs_portable(words, first + i, count - i, sink, out + i);
}

ZT_AVX2 static void mask_bits_avx2(uint64_t seed, uint64_t path, uint64_t threshold, uint64_t first, size_t bytes,
                                   uint8_t *bits) {
  const __m256i upper = _mm256_set1_epi16((int16_t)(threshold >> 16)), zero = _mm256_setzero_si256();
  const key_schedule schedule = schedule_of(seed);
  size_t i = 0;
  for (; i + 8 <= bytes; i += 8) {
    if (!eight_fit(first + i)) {
      mask_bits_portable(seed, path, threshold, first + i, 8, bits + i);
      continue;
    }
    uint32_t words[32];
    store_words(philox_eight(&schedule, path, first + i), words);
    __m256i ties = zero;
    for (int half = 0; half < 2; half++) {
      __m256i a = _mm256_loadu_si256((const __m256i *)(words + 16 * half));
      __m256i b = _mm256_loadu_si256((const __m256i *)(words + 16 * half + 8));
      ties = _mm256_or_si256(ties, _mm256_or_si256(_mm256_cmpeq_epi16(a, upper), _mm256_cmpeq_epi16(b, upper)));
      // Not below: nothing is left of the threshold when the number is taken off it.
      __m256i above_a = _mm256_cmpeq_epi16(_mm256_subs_epu16(upper, a), zero);
      __m256i above_b = _mm256_cmpeq_epi16(_mm256_subs_epu16(upper, b), zero);
      __m256i above = _mm256_permute4x64_epi64(_mm256_packs_epi16(above_a, above_b), 0xD8);
      uint32_t keep = ~(uint32_t)_mm256_movemask_epi8(above);
      memcpy(bits + i + 4 * half, &keep, 4);
    }
    if (!_mm256_testz_si256(ties, ties)) mask_bits_portable(seed, path, threshold, first + i, 8, bits + i);
  }
  mask_bits_portable(seed, path, threshold, first + i, bytes - i, bits + i);
}

/// All ones in the lanes of the elements whose bits, eight from `first`, are 1.
ZT_AVX2 static inline __m256i eight_lanes(const uint8_t *bits, size_t first) {
  uint32_t byte = bits[first / 8];
  if (first % 8) byte = (byte | (uint32_t)bits[first / 8 + 1] << 8) >> (first % 8);
  const __m256i shifts = _mm256_set_epi32(24, 25, 26, 27, 28, 29, 30, 31);
  return _mm256_srai_epi32(_mm256_sllv_epi32(_mm256_set1_epi32((int32_t)byte), shifts), 31);
}

ZT_AVX2 static void mask_clear_avx2(size_t n, const uint8_t *bits, size_t first, float *x) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    __m256 lanes = _mm256_castsi256_ps(eight_lanes(bits, first + i));
    _mm256_storeu_ps(x + i, _mm256_and_ps(lanes, _mm256_loadu_ps(x + i)));
  }
  mask_clear_portable(n - i, bits, first + i, x + i);
}

ZT_AVX2 static void mask_restore_avx2(size_t n, const uint8_t *bits, size_t first, const float *old, float *x) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    __m256 lanes = _mm256_castsi256_ps(eight_lanes(bits, first + i));
    _mm256_storeu_ps(x + i, _mm256_blendv_ps(_mm256_loadu_ps(old + i), _mm256_loadu_ps(x + i), lanes));
  }
  mask_restore_portable(n - i, bits, first + i, old + i, x + i);
}
#endif

// --- Entry points

void zt_noise_words(uint64_t seed, uint64_t path, uint64_t first_block, size_t blocks, uint32_t *out) {
  ZT_DISPATCH(noise_words, seed, path, first_block, blocks, out);
}

/// Elements from ..< to of one block.
static void part_of_block(int law, uint64_t seed, uint64_t path, uint64_t block, int from, int to, sink sink, float *out) {
  float z[4];
  block_of_four(law, seed, path, block, z);
  for (int k = from; k < to; k++) put(sink, z[k], out + k - from);
}

static void gaussian(int law, uint64_t seed, uint64_t path, uint64_t start, size_t count, sink sink, float *out) {
  int offset = (int)(start & 3);
  if (offset) {  // elements before the first whole block
    size_t head = (size_t)(4 - offset) < count ? (size_t)(4 - offset) : count;
    part_of_block(law, seed, path, start / 4, offset, offset + (int)head, sink, out);
    start += head, count -= head, out += head;
  }
  size_t blocks = count / 4, tail = count % 4;
  if (blocks) ZT_DISPATCH(gaussian_blocks, law, seed, path, start / 4, blocks, sink, out);
  if (tail) part_of_block(law, seed, path, start / 4 + blocks, 0, (int)tail, sink, out + 4 * blocks);
}

static void rademacher(uint64_t seed, uint64_t path, uint64_t start, size_t count, sink sink, float *out) {
  enum { BLOCKS = 32 };
  uint32_t words[4 * BLOCKS];
  while (count) {
    size_t offset = (size_t)(start % 128), room = 128 * BLOCKS - offset, here = count < room ? count : room;
    zt_noise_words(seed, path, start / 128, (offset + here + 127) / 128, words);
    ZT_DISPATCH(signs, words, offset, here, sink, out);
    start += here, count -= here, out += here;
  }
}

static void noise(int law, uint64_t seed, uint64_t path, uint64_t start, size_t count, sink sink, float *out) {
  if (law == ZT_RADEMACHER)
    rademacher(seed, path, start, count, sink, out);
  else
    gaussian(law, seed, path, start, count, sink, out);
}

void zt_noise_fill(int law, uint64_t seed, uint64_t path, uint64_t start, size_t count, float *out) {
  noise(law, seed, path, start, count, (sink){0, 0}, out);
}

void zt_noise_add(int law, uint64_t seed, uint64_t path, uint64_t start, size_t count, float a, float *y) {
  noise(law, seed, path, start, count, (sink){1, a}, y);
}

void zt_mask_bits(uint64_t seed, uint64_t path, uint64_t threshold, uint64_t first, size_t bytes, uint8_t *bits) {
  if (threshold >> 32)
    memset(bits, 0xFF, bytes);
  else
    ZT_DISPATCH(mask_bits, seed, path, threshold, first, bytes, bits);
}

void zt_mask_clear(size_t n, const uint8_t *bits, size_t first, float *x) { ZT_DISPATCH(mask_clear, n, bits, first, x); }

void zt_mask_restore(size_t n, const uint8_t *bits, size_t first, const float *old, float *x) {
  ZT_DISPATCH(mask_restore, n, bits, first, old, x);
}

size_t zt_mask_count(size_t n, const uint8_t *bits, size_t first) {
  size_t count = 0, i = 0;
  for (; i < n && (first + i) % 8; i++) count += (size_t)bit_at(bits, first + i);
  for (; i + 8 <= n; i += 8) count += (size_t)__builtin_popcount(bits[(first + i) / 8]);
  for (; i < n; i++) count += (size_t)bit_at(bits, first + i);
  return count;
}
