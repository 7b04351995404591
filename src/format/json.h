/* JSON: build a value and write it as text, or read a text that nobody vouches for.
 *
 * The one home of jansson, which the rest of the house does not see. Building is a chain that stops
 * at the first failure, and the only failure is lack of memory:
 *
 *     umi_json *report = umi_json_object();
 *     bool ok = umi_json_set(report, "program", umi_json_string("unmingle")) &&
 *               umi_json_set(report, "null_db", umi_json_number(-144.5));
 *     char *text = ok ? umi_json_to_text(report) : NULL;
 *
 * Objects keep their keys in the order in which they were set. Nothing here depends on the locale.
 * A value belongs to one thread at a time. */
#ifndef UMI_FORMAT_JSON_H
#define UMI_FORMAT_JSON_H

#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is read: at most so many bytes, and brackets at most so deep. */
enum { UMI_JSON_BYTES_MAX = 16 << 20, UMI_JSON_DEPTH_MAX = 32 };

/* Characters of a number as text, with the NUL. */
enum { UMI_NUMBER_SIZE = 32 };

/* jansson's own structure by its tag, so that its header is not needed here. */
typedef struct json_t umi_json;

/* -- Building ----------------------------------------------------------------------------------
 * All are NULL when memory is short. Free with umi_json_free, or give the value to a container. */

umi_json *umi_json_object(void);
umi_json *umi_json_array(void);

/* Bytes that are not UTF-8 become U+FFFD: the name of a file may hold some. */
umi_json *umi_json_string(const char *text);

/* NaN and infinities, which JSON cannot say, become null. The text reads back as the same double,
 * with the fewest of 15 to 17 digits that do; a whole number is written without a point. */
umi_json *umi_json_number(double value);
umi_json *umi_json_integer(int64_t value);
umi_json *umi_json_boolean(bool value);

/* Put `value`, which now belongs to the container, into it, also when that fails; a key that exists
 * is replaced. `key` is UTF-8. False when `value` or the container is NULL or memory is short. */
bool umi_json_set(umi_json *object, const char *key, umi_json *value)
    __attribute__((warn_unused_result));
bool umi_json_append(umi_json *array, umi_json *value) __attribute__((warn_unused_result));

/* NULL is fine. What is inside a container goes with it. */
void umi_json_free(umi_json *json);

/* The text for people, two spaces a level and a newline at the end; arrays that hold no container
 * stay on one line. _to_line is the shortest text, without a newline. NULL when memory is short;
 * umi_free. */
char *umi_json_to_text(umi_json *json);
char *umi_json_to_line(umi_json *json);

/* -- Reading ----------------------------------------------------------------------------------- */

/* Reads an object or array. UM_ERR_DATA for a text that is too long or too deep, is not JSON, or
 * has a key twice in one object, with a message that names `name`, line and column; UM_ERR_MEMORY.
 *
 * jansson 2.14 does not look whether its buffer for one token could grow, and takes other
 * allocations that failed for wrong syntax; so with memory that is short to the last few bytes
 * UM_ERR_DATA may stand for UM_ERR_MEMORY. */
um_status umi_json_parse(const char *text, size_t n_bytes, const char *name, umi_json **out,
                         um_error *error) __attribute__((warn_unused_result));

bool umi_json_is_object(const umi_json *json);
bool umi_json_is_array(const umi_json *json);

/* The value is borrowed; NULL when there is none, or `json` is NULL or of another kind. */
umi_json *umi_json_get(const umi_json *object, const char *key);
umi_json *umi_json_at(const umi_json *array, size_t index);

/* Elements of an array or keys of an object; 0 for what is neither. */
size_t umi_json_length(const umi_json *json);

/* The entries of an object in their order; after the last one `key` is NULL. The object must not
 * change meanwhile. */
typedef struct umi_json_entry {
    const char *key;
    umi_json *value;
    void *position;
} umi_json_entry;

umi_json_entry umi_json_first(umi_json *object);
umi_json_entry umi_json_next(umi_json *object, umi_json_entry entry);

/* NULL or false, with *value unchanged, when `json` is NULL or of another kind. Any number is a
 * double; an integer is one that was written without point and exponent. */
const char *umi_json_get_string(const umi_json *json);
bool umi_json_get_number(const umi_json *json, double *value);
bool umi_json_get_integer(const umi_json *json, int64_t *value);
bool umi_json_get_boolean(const umi_json *json, bool *value);

/* -- Numbers as text of their own -------------------------------------------------------------- */

/* Writes a finite number as umi_json_number does. False when memory is short. */
bool umi_number_format(double value, char text[UMI_NUMBER_SIZE]);

/* The number that is the whole of `text` by JSON's grammar: no blanks, no '+', no comma, no hex,
 * no nan; false for those and for one that is too large for a double. */
bool umi_number_parse(const char *text, double *value);

#endif
