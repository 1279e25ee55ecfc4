// Arithmetic of TensorCore. Swift decides what runs and on which thread; these functions do it.
//
// Every kernel exists twice: for AVX2 + FMA + F16C, chosen at run time, and portable. Functions marked
// [exact] are fixed by docs/noise.md and by the formats: the same bits on every IEEE-754 machine. The others give the
// same bits on both paths, because both are compiled from one source without contraction.
#ifndef C_TENSOR_KERNELS_H
#define C_TENSOR_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// --- Which path runs

/// 1 where the processor has AVX2, FMA and F16C.
int zt_has_avx2(void);
/// Forces the portable kernels (1) or returns to the fastest (0). For tests of their equality.
void zt_force_portable(int portable);
/// 1 while the AVX2 kernels are in use.
int zt_uses_avx2(void);

// --- Addressed noise [exact]

enum { ZT_GAUSSIAN = 0, ZT_GAUSSIAN_FAST = 1, ZT_RADEMACHER = 2 };

/// One Philox4x32-10 block (Salmon et al. 2011): `out` from `counter` under `key`.
void zt_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
/// Words 4·first ... of the stream (seed, path): word 4b + w is word w of the block whose counter is (b, path).
void zt_noise_words(uint64_t seed, uint64_t path, uint64_t first_block, size_t blocks, uint32_t *out);
/// Elements start ..< start + count of the noise of `law` at (seed, path).
void zt_noise_fill(int law, uint64_t seed, uint64_t path, uint64_t start, size_t count, float *out);
/// y[i] = fma(a, z[i], y[i]), z being what zt_noise_fill writes.
void zt_noise_add(int law, uint64_t seed, uint64_t path, uint64_t start, size_t count, float a, float *y);

// --- Masks [exact]: element i's bit is bit i % 8 of byte i / 8, 1 where the element takes part

/// The addressed mask at (seed, path): bytes first ... of it, one for eight elements; threshold is at most 2^32.
void zt_mask_bits(uint64_t seed, uint64_t path, uint64_t threshold, uint64_t first, size_t bytes, uint8_t *bits);
/// x[i] = 0 where the bit of element first + i is 0
void zt_mask_clear(size_t n, const uint8_t *bits, size_t first, float *x);
/// x[i] = old[i] where the bit of element first + i is 0
void zt_mask_restore(size_t n, const uint8_t *bits, size_t first, const float *old, float *x);
/// How many of the bits first ..< first + n are 1.
size_t zt_mask_count(size_t n, const uint8_t *bits, size_t first);

// --- Displacement and update [exact]

/// y[i] = fma(a, x[i], y[i])
void zt_axpy(size_t n, float a, const float *x, float *y);
/// out[i] = fma(a, x[i], y[i])
void zt_axpy_into(size_t n, float a, const float *x, const float *y, float *out);
/// x[i] = a · x[i]
void zt_scale(size_t n, float a, float *x);

/// What does not change from element to element in a step of Adam.
typedef struct { float keep_mean, add_mean, keep_square, add_square, mean_scale, square_scale, epsilon; } zt_adam_factors;
/// With each operation rounded: m = keep_mean · m + add_mean · g; v = keep_square · v + add_square · (g · g);
/// g = mean_scale · m / (sqrt(square_scale · w) + epsilon), where w is v, or with `greatest` the greatest v so far.
void zt_adam(size_t n, zt_adam_factors f, float *g, float *m, float *v, float *greatest);

// --- Sums [one order for any vector width]

/// Σ x[i]² in double.
double zt_squared_norm(size_t n, const float *x);

// --- Number formats [exact]

void zt_f32_from_f16(size_t n, const uint16_t *x, float *out);
void zt_f32_from_bf16(size_t n, const uint16_t *x, float *out);
/// Round to nearest, ties to even.
void zt_f16_from_f32(size_t n, const float *x, uint16_t *out);
void zt_bf16_from_f32(size_t n, const float *x, uint16_t *out);
/// Stochastic rounding, `words[i]` for element i: the expected value is x. Finite numbers stay finite.
void zt_f16_from_f32_stochastic(size_t n, const float *x, const uint32_t *words, uint16_t *out);
void zt_bf16_from_f32_stochastic(size_t n, const float *x, const uint32_t *words, uint16_t *out);

// --- Rows of a transformer

/// out[r, c] = x[r, c] / sqrt(mean_c x[r, c]² + epsilon) · weight[c]
void zt_rms_norm(size_t rows, size_t columns, const float *x, const float *weight, float epsilon, float *out);
/// out[r, c] = (x[r, c] − mean_c) / sqrt(variance_c + epsilon) · weight[c] + bias[c]
void zt_layer_norm(size_t rows, size_t columns, const float *x, const float *weight, const float *bias, float epsilon,
                   float *out);

/// The functions of a feed-forward layer; TensorCore's Activation says what each is.
enum {
  ZT_LINEAR = 0, ZT_RELU, ZT_RELU_SQUARED, ZT_RELU6, ZT_LEAKY_RELU, ZT_SIGMOID, ZT_TANH, ZT_SILU, ZT_GELU,
  ZT_GELU_TANH, ZT_GELU_CLIPPED, ZT_QUICK_GELU, ZT_MISH, ZT_HARD_SWISH, ZT_LAPLACE
};
/// out[i] = f(x[i])
void zt_activation(int kind, size_t n, const float *x, float *out);
/// out[i] = f(gate[i]) · up[i]
void zt_gated_activation(int kind, size_t n, const float *gate, const float *up, float *out);
void zt_add(size_t n, const float *a, const float *b, float *out);
/// Adds `bias` [columns] to every row of `x` [rows, columns], rows `stride` apart.
void zt_add_bias(size_t rows, size_t columns, size_t stride, const float *bias, float *x);
/// Rotary embedding, half-rotation layout, in place: for each head and i < dim / 2,
/// (x[i], x[i + dim/2]) is turned by the angle whose cosine and sine are cosine[i], sine[i].
void zt_rotary(size_t heads, size_t dim, const float *cosine, const float *sine, float *x);
/// x[i] = exp(scale · x[i] − max); returns Σ. `x` becomes un-normalised probabilities.
float zt_softmax_numerators(size_t n, float scale, float *x);
/// Greatest element, and Σ exp(x[i] − max) in double.
void zt_log_sum_exp_parts(size_t n, const float *x, float *max, double *sum);

// --- Their derivatives

/// out[i] = f'(x[i]) · gradient[i]
void zt_activation_gradient(int kind, size_t n, const float *x, const float *gradient, float *out);
/// From the gradient of the norm's output: of its input in `dx`, and x / sqrt(mean x² + epsilon) in `normed`.
void zt_rms_norm_gradient(size_t rows, size_t columns, const float *x, const float *weight, const float *gradient,
                          float epsilon, float *normed, float *dx);
/// The same of the layer norm; `normed` is its output before weight and bias.
void zt_layer_norm_gradient(size_t rows, size_t columns, const float *x, const float *weight, const float *gradient,
                            float epsilon, float *normed, float *dx);
/// slopes[i] = factor · p[i] · (slopes[i] − Σ p · slopes)
void zt_softmax_gradient(size_t n, float factor, const float *p, float *slopes);
/// x[i] = factor · exp(x[i] − shift)
void zt_scaled_exponential(size_t n, float factor, float shift, float *x);
/// Σ exp(x[i] − shift) · y[i]
double zt_exponential_dot(size_t n, float shift, const float *x, const float *y);
/// out[i] += a[i] · b[i]
void zt_multiply_add(size_t n, const float *a, const float *b, float *out);

// --- Attention of one head

/// What queries see: row r the keys from ..< to where `moves` is 0, max(0, from + r) ..< to + r where it is 1.
typedef struct { ptrdiff_t from, to; int moves; } zt_visible;
/// Keys, rounded up to whole vectors: the stride of packed keys.
size_t zt_attention_width(size_t keys);
/// Floats of scratch for `keys` keys of `dim` elements.
size_t zt_attention_scratch(size_t keys, size_t dim);
/// Packs keys and values first ..< first + count, whose rows lie `stride` apart, into `scratch` for `width` columns.
void zt_attention_pack(size_t first, size_t count, size_t width, size_t dim, const float *keys, const float *values,
                       size_t stride, float *scratch);
/// out[r, :] = Σ_i softmax_i(scale · q[r] · k[i]) v[i] over the keys that row r sees, of those packed in `scratch`. Each
/// row sees one at least; what lies in columns that were not packed does not tell.
void zt_attention(size_t rows, size_t dim, zt_visible seen, float scale, const float *queries, size_t query_stride,
                  size_t width, float *scratch, float *out, size_t out_stride);

// --- Threads

typedef void (*zt_task)(void *context, size_t index, int worker);
/// Runs task(context, i, worker) for every i < count on up to `threads` threads, the caller among them, and waits.
/// Indices are handed out in order; worker < threads. A call from within a task, or while another thread's call is
/// running, runs serially on the caller as worker 0.
void zt_parallel(size_t count, int threads, zt_task task, void *context);

#endif
