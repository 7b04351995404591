/* The logarithm of the SIMD rows, shared so that they agree.
 *
 * With x = f - 1 and f in [sqrt(1/2), sqrt(2)):
 *
 *     log f = x - x^2 / 2 + x^3 q(x)
 *
 * q is the polynomial of degree 6 whose largest relative error against log f is least (weighted
 * least squares, reweighted until the errors were even): below 3.4e-8, half a unit in the last
 * place of a float. */
#ifndef UMI_CORE_KERNELS_LOG_POLYNOMIAL_H
#define UMI_CORE_KERNELS_LOG_POLYNOMIAL_H

/* Coefficients of q, of x^6 first. */
enum { UMI_LOG_TERMS = 7 };
static const float umi_log_polynomial[UMI_LOG_TERMS] = {0.0891786784F, -0.143502012F, 0.148769615F,
                                                        -0.165656346F, 0.199653981F,  -0.250017469F,
                                                        0.333338581F};

/* log 2 in two parts: the first has so few digits that its product with any exponent is exact. */
#define UMI_LOG_2_HIGH 0.693359375F
#define UMI_LOG_2_LOW -2.12194440e-4F

#define UMI_SQRT_HALF 0.707106781F

#endif
