// The elementwise kernels, compiled twice from one source: portable, and for AVX2 + FMA + F16C.
#include "kernels.h"
#include <math.h>
#include <string.h>

#define ZT_NAME(name) name##_portable
#define ZT_TARGET
#include "elementwise.inc"
#include "gradients.inc"
#undef ZT_NAME
#undef ZT_TARGET

#if ZT_X86
#define ZT_NAME(name) name##_avx2
#define ZT_TARGET ZT_AVX2
#include "elementwise.inc"
#include "gradients.inc"
#undef ZT_NAME
#undef ZT_TARGET
#endif

void zt_axpy(size_t n, float a, const float *x, float *y) { ZT_DISPATCH(axpy_into, n, a, x, y, y); }

void zt_axpy_into(size_t n, float a, const float *x, const float *y, float *out) {
  ZT_DISPATCH(axpy_into, n, a, x, y, out);
}

void zt_scale(size_t n, float a, float *x) { ZT_DISPATCH(scale, n, a, x); }

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

void zt_multiply_add(size_t n, const float *a, const float *b, float *out) { ZT_DISPATCH(multiply_add, n, a, b, out); }
