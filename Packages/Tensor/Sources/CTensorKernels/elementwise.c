// The elementwise kernels, compiled twice from one source: portable, and for AVX2 + FMA + F16C.
#include "kernels.h"
#include <math.h>
#include <string.h>

/// Queries that attention takes at a time, and elements that its products take at a time.
enum { ZT_TILE = 6, ZT_VECTOR = 16 };
#define ZT_ROUND_UP(n) (((n) + ZT_VECTOR - 1) / ZT_VECTOR * ZT_VECTOR)

/// Where packed element (i, c) lies, in panels of ZT_VECTOR columns and `rows` rows.
static inline size_t packed_place(size_t i, size_t c, size_t rows) {
  return c / ZT_VECTOR * ZT_VECTOR * rows + i * ZT_VECTOR + c % ZT_VECTOR;
}

static inline size_t first_seen(zt_visible seen, size_t row) {
  ptrdiff_t first = seen.from + (seen.moves ? (ptrdiff_t)row : 0);
  return first > 0 ? (size_t)first : 0;
}

static inline size_t end_of_seen(zt_visible seen, size_t row) { return (size_t)seen.to + (seen.moves ? row : 0); }

#define ZT_NAME(name) name##_portable
#define ZT_TARGET
#include "elementwise.inc"
#include "gradients.inc"
#include "update.inc"
#include "attention.inc"
#undef ZT_NAME
#undef ZT_TARGET

#if ZT_X86
#define ZT_NAME(name) name##_avx2
#define ZT_TARGET ZT_AVX2
#include "elementwise.inc"
#include "gradients.inc"
#include "update.inc"
#include "attention.inc"
#undef ZT_NAME
#undef ZT_TARGET
#endif

void zt_axpy(size_t n, float a, const float *x, float *y) { ZT_DISPATCH(axpy_into, n, a, x, y, y); }

void zt_axpy_into(size_t n, float a, const float *x, const float *y, float *out) {
  ZT_DISPATCH(axpy_into, n, a, x, y, out);
}

void zt_scale(size_t n, float a, float *x) { ZT_DISPATCH(scale, n, a, x); }

void zt_adam(size_t n, zt_adam_factors f, float *g, float *m, float *v, float *greatest) {
  ZT_DISPATCH(adam, n, f, g, m, v, greatest);
}

double zt_squared_norm(size_t n, const float *x) { return ZT_DISPATCH(squared_norm, n, x); }

void zt_rms_norm(size_t rows, size_t columns, const float *x, const float *weight, float epsilon, float *out) {
  ZT_DISPATCH(rms_norm, rows, columns, x, weight, epsilon, out);
}

void zt_layer_norm(size_t rows, size_t columns, const float *x, const float *weight, const float *bias, float epsilon,
                   float *out) {
  ZT_DISPATCH(layer_norm, rows, columns, x, weight, bias, epsilon, out);
}

void zt_activation(int kind, size_t n, const float *x, float *out) { ZT_DISPATCH(activation, kind, n, x, 0, out); }

void zt_gated_activation(int kind, size_t n, const float *gate, const float *up, float *out) {
  ZT_DISPATCH(activation, kind, n, gate, up, out);
}

void zt_add(size_t n, const float *a, const float *b, float *out) { ZT_DISPATCH(add, n, a, b, out); }

void zt_add_bias(size_t rows, size_t columns, size_t stride, const float *bias, float *x) {
  for (size_t r = 0; r < rows; r++) zt_add(columns, x + r * stride, bias, x + r * stride);
}

void zt_rotary(size_t heads, size_t dim, const float *cosine, const float *sine, float *x) {
  ZT_DISPATCH(rotary, heads, dim, cosine, sine, x);
}

float zt_softmax_numerators(size_t n, float scale, float *x) { return ZT_DISPATCH(softmax_numerators, n, scale, x); }

void zt_log_sum_exp_parts(size_t n, const float *x, float *max, double *sum) {
  ZT_DISPATCH(log_sum_exp_parts, n, x, max, sum);
}

void zt_activation_gradient(int kind, size_t n, const float *x, const float *gradient, float *out) {
  ZT_DISPATCH(activation_gradient, kind, n, x, gradient, out);
}

void zt_rms_norm_gradient(size_t rows, size_t columns, const float *x, const float *weight, const float *gradient,
                          float epsilon, float *normed, float *dx) {
  ZT_DISPATCH(rms_norm_gradient, rows, columns, x, weight, gradient, epsilon, normed, dx);
}

void zt_layer_norm_gradient(size_t rows, size_t columns, const float *x, const float *weight, const float *gradient,
                            float epsilon, float *normed, float *dx) {
  ZT_DISPATCH(layer_norm_gradient, rows, columns, x, weight, gradient, epsilon, normed, dx);
}

void zt_softmax_gradient(size_t n, float factor, const float *p, float *slopes) {
  ZT_DISPATCH(softmax_gradient, n, factor, p, slopes);
}

void zt_scaled_exponential(size_t n, float factor, float shift, float *x) {
  ZT_DISPATCH(scaled_exponential, n, factor, shift, x);
}

double zt_exponential_dot(size_t n, float shift, const float *x, const float *y) {
  return ZT_DISPATCH(exponential_dot, n, shift, x, y);
}

void zt_multiply_add(size_t n, const float *a, const float *b, float *out) { ZT_DISPATCH(multiply_add, n, a, b, out); }
size_t zt_attention_width(size_t keys) { return ZT_ROUND_UP(keys); }

size_t zt_attention_scratch(size_t keys, size_t dim) {
  return ZT_ROUND_UP(keys) * (dim + ZT_ROUND_UP(dim) + ZT_TILE) + ZT_TILE * ZT_ROUND_UP(dim);
}

void zt_attention_pack(size_t first, size_t count, size_t width, size_t dim, const float *keys, const float *values,
                       size_t stride, float *scratch) {
  ZT_DISPATCH(pack_keys, first, count, dim, keys, stride, scratch);
  float *packed = scratch + width * dim;
  for (size_t i = first; i < first + count; i++, values += stride)
    for (size_t d = 0; d < dim; d += ZT_VECTOR) {
      float *target = packed + d * width + i * ZT_VECTOR;
      if (dim - d >= ZT_VECTOR) {
        memcpy(target, values + d, ZT_VECTOR * sizeof(float));
      } else {
        memset(target, 0, ZT_VECTOR * sizeof(float));
        memcpy(target, values + d, (dim - d) * sizeof(float));
      }
    }
}

void zt_attention(size_t rows, size_t dim, zt_visible seen, float scale, const float *queries, size_t query_stride,
                  size_t width, float *scratch, float *out, size_t out_stride) {
  const float *values = scratch + width * dim;
  ZT_DISPATCH(attend, rows, dim, seen, scale, queries, query_stride, scratch, values, width,
              scratch + width * (dim + ZT_ROUND_UP(dim)), out, out_stride);
}
