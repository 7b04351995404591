/* Most numbers in files have so few digits that two doubles which are exact make one rounding
 * (Clinger, "How to Read Floating Point Numbers Accurately", 1990). The others are converted with
 * integers of as many bits as it takes, which is slow and plainly right. */
#include "core/decimal.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum {
    DIGITS_EXACT = 19, /* digits that a uint64_t holds whatever they are */
    /* Of a number half way between two doubles, 767 digits are not zero at most; digits past the
     * 800th can only say that it is a little more than the first 800 tell. */
    DIGITS_MAX = 800,
    POWER_EXACT = 22,     /* 10^22 is the last power of ten that is a double */
    MAGNITUDE_MAX = 310,  /* 10^309 is no double */
    MAGNITUDE_MIN = -326, /* numbers below 10^-325 are nearer to 0 than to any other double */
    LIMBS = 224           /* DIGITS_MAX digits and what they are shifted by, both in bits / 32 */
};

/* digits * 10^power, and a little more where has_more. */
struct decimal {
    const char *first; /* the first digit that is not 0; the point may be among those that follow */
    const char *end;   /* behind the last digit */
    size_t n_digits;   /* from `first` on */
    int64_t power;     /* of the last digit */
    uint64_t head;     /* the value of the first DIGITS_EXACT digits */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The exponent from `at` on, clamped to what no number of digits in memory can make up for. */
static bool scan_exponent(const char *at, const char *end, int64_t *exponent)
{
    static const int64_t most = INT64_C(1) << 60;
    bool is_negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    if (at == end) {
        return false;
    }
    int64_t sum = 0;
    for (; at < end; at++) {
        if (!is_digit(*at)) {
            return false;
        }
        sum = sum < most / 10 ? 10 * sum + (*at - '0') : most;
    }
    *exponent = is_negative ? -sum : sum;
    return true;
}

/* Takes the text apart; false when it is no number. */
static bool scan(const char *at, const char *end, struct decimal *decimal)
{
    bool has_digits = false;
    bool has_point = false;
    *decimal = (struct decimal){0};
    for (; at < end && (is_digit(*at) || (*at == '.' && !has_point)); at++) {
        if (*at == '.') {
            has_point = true;
            continue;
        }
        has_digits = true;
        decimal->power -= has_point;
        if (*at != '0' && decimal->first == NULL) {
            decimal->first = at;
        }
        if (decimal->first != NULL) {
            if (decimal->n_digits < DIGITS_EXACT) {
                decimal->head = 10 * decimal->head + (uint64_t)(*at - '0');
            }
            decimal->n_digits++;
        }
    }
    decimal->end = at;
    int64_t exponent = 0;
    if (at < end && (*at == 'e' || *at == 'E') && !scan_exponent(at + 1, end, &exponent)) {
        return false;
    }
    decimal->power += exponent;
    return has_digits && (at == end || *at == 'e' || *at == 'E');
}

/* -- Integers of any length -------------------------------------------------------------------- */

struct integer {
    size_t n; /* limbs in use; the last one is not 0 */
    uint32_t limbs[LIMBS];
};

static void multiply_add(struct integer *x, uint32_t factor, uint32_t summand)
{
    uint64_t carry = summand;
    for (size_t i = 0; i < x->n; i++) {
        carry += (uint64_t)x->limbs[i] * factor;
        x->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0) {
        assert(x->n < LIMBS);
        x->limbs[x->n++] = (uint32_t)carry;
    }
}

/* The remainder. */
static uint32_t divide(struct integer *x, uint32_t divisor)
{
    uint64_t rest = 0;
    for (size_t i = x->n; i-- > 0;) {
        rest = rest << 32 | x->limbs[i];
        x->limbs[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    while (x->n > 0 && x->limbs[x->n - 1] == 0) {
        x->n--;
    }
    return (uint32_t)rest;
}

static void shift_up_limbs(struct integer *x, size_t n)
{
    assert(x->n + n <= LIMBS);
    memmove(x->limbs + n, x->limbs, x->n * sizeof x->limbs[0]);
    memset(x->limbs, 0, n * sizeof x->limbs[0]);
    x->n += n;
}

static size_t count_bits(const struct integer *x)
{
    return 32 * x->n - (size_t)__builtin_clz(x->limbs[x->n - 1]);
}

/* The 64 bits of x from bit `from` on, 0 past its end. */
static uint64_t bits_from(const struct integer *x, size_t from)
{
    uint64_t bits = 0;
    size_t limb = from / 32;
    for (size_t i = 0; i < 3 && limb + i < x->n; i++) {
        uint64_t part = x->limbs[limb + i];
        size_t shift = 32 * i;
        bits |= shift >= from % 32 ? part << (shift - from % 32) : part >> (from % 32 - shift);
    }
    return bits;
}

static bool any_bit_below(const struct integer *x, size_t end)
{
    for (size_t i = 0; i < end / 32; i++) {
        if (x->limbs[i] != 0) {
            return true;
        }
    }
    return end % 32 > 0 && x->limbs[end / 32] << (32 - end % 32) != 0;
}

/* The double nearest to x * 2^exponent, where has_more says that a little is to be added. */
static double round_to_double(const struct integer *x, int64_t exponent, bool has_more)
{
    /* 53 bits, fewer where the last of them would stand for less than 2^-1074. */
    int64_t n_bits = (int64_t)count_bits(x);
    int64_t kept = n_bits + exponent + 1074 < 53 ? n_bits + exponent + 1074 : 53;
    if (kept < 0) {
        return 0.0;
    }
    if (n_bits <= kept) {
        assert(exponent == 0 && !has_more);
        return (double)bits_from(x, 0);
    }
    size_t dropped = (size_t)(n_bits - kept);
    uint64_t mantissa = bits_from(x, dropped);
    bool half = (bits_from(x, dropped - 1) & 1) != 0;
    if (half && (has_more || any_bit_below(x, dropped - 1) || (mantissa & 1) != 0)) {
        mantissa++;
    }
    /* A carry into bit 53 or, of a subnormal number, into bit 52 is where the next binade begins,
     * so it comes out right by itself. 1075: the bias, and the 52 bits behind the point. */
    uint64_t biased = kept == 53 ? (uint64_t)(exponent + (int64_t)dropped + 1075) - 1 : 0;
    uint64_t bits = (biased << 52) + mantissa;
    if (bits >= UINT64_C(0x7FF) << 52) {
        return (double)INFINITY;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* -- The two ways ------------------------------------------------------------------------------ */

static double convert_exactly(const struct decimal *decimal)
{
    static const uint32_t powers[] = {1,      10,      100,      1000,      10000,
                                      100000, 1000000, 10000000, 100000000, 1000000000};
    struct integer x;
    x.n = 0;
    size_t n_taken = 0;
    bool has_more = false;
    for (const char *at = decimal->first; at < decimal->end; at++) {
        if (*at != '.' && n_taken < DIGITS_MAX) {
            multiply_add(&x, 10, (uint32_t)(*at - '0'));
            n_taken++;
        } else if (*at != '.') {
            has_more |= *at != '0';
        }
    }
    int64_t power = decimal->power + (int64_t)(decimal->n_digits - n_taken);
    int64_t exponent = 0;
    for (; power > 0; power -= power < 9 ? power : 9) {
        multiply_add(&x, powers[power < 9 ? power : 9], 0);
    }
    if (power < 0) {
        /* So many bits more that 64 are left behind the division; a digit takes less than 10/3. */
        size_t n_limbs = (size_t)(-power * 10 / 3 + 64 + 32) / 32;
        shift_up_limbs(&x, n_limbs);
        exponent = -32 * (int64_t)n_limbs;
    }
    for (; power<0; power += power> - 9 ? -power : 9) {
        has_more |= divide(&x, powers[power > -9 ? -power : 9]) != 0;
    }
    return round_to_double(&x, exponent, has_more);
}

static double convert(const struct decimal *decimal)
{
    static const double powers[POWER_EXACT + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (decimal->n_digits == 0) {
        return 0.0;
    }
    /* The number is less than 10^magnitude and no less than a tenth of it. */
    int64_t magnitude = decimal->power + (int64_t)decimal->n_digits;
    if (magnitude > MAGNITUDE_MAX) {
        return (double)INFINITY;
    }
    if (magnitude < MAGNITUDE_MIN) {
        return 0.0;
    }
    int64_t power = decimal->power;
    if (decimal->n_digits <= DIGITS_EXACT && decimal->head <= UINT64_C(1) << 53 &&
        power >= -POWER_EXACT && power <= POWER_EXACT) {
        double head = (double)decimal->head;
        return power < 0 ? head / powers[-power] : head * powers[power];
    }
    return convert_exactly(decimal);
}

bool umi_decimal_parse(const char *text, size_t n, double *value)
{
    const char *at = text;
    const char *end = text + n;
    struct decimal decimal;
    bool is_negative = n > 0 && *at == '-';
    at += n > 0 && (*at == '-' || *at == '+');
    if (!scan(at, end, &decimal)) {
        return false;
    }
    double magnitude = convert(&decimal);
    *value = is_negative ? -magnitude : magnitude;
    return true;
}
