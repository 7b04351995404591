#include "core/sparse_builder.h"

#include "core/memory.h"

#include <assert.h>
#include <string.h>

struct umi_sparse_builder {
    size_t rows;
    size_t cols;
    size_t *row_start; /* rows + 1; until _allocate, row_start[r + 1] counts the entries of row r */
    size_t *row_end;   /* rows; behind the last entry that was put */
    uint32_t *column;
    float *value;
};

um_status umi_sparse_builder_new(size_t rows, size_t cols, umi_sparse_builder **out)
{
    assert(rows < SIZE_MAX && cols <= (uint64_t)UINT32_MAX + 1);
    *out = NULL;
    umi_sparse_builder *builder = umi_alloc(1, sizeof *builder);
    if (builder == NULL) {
        return UM_ERR_MEMORY;
    }
    builder->rows = rows;
    builder->cols = cols;
    builder->row_start = umi_alloc(rows + 1, sizeof *builder->row_start);
    builder->row_end = umi_alloc(rows, sizeof *builder->row_end);
    if (builder->row_start == NULL || builder->row_end == NULL) {
        umi_sparse_builder_free(builder);
        return UM_ERR_MEMORY;
    }
    *out = builder;
    return UM_OK;
}

void umi_sparse_builder_free(umi_sparse_builder *builder)
{
    if (builder != NULL) {
        umi_free(builder->row_start);
        umi_free(builder->row_end);
        umi_free(builder->column);
        umi_free(builder->value);
        umi_free(builder);
    }
}

void umi_sparse_builder_count(umi_sparse_builder *builder, size_t row)
{
    assert(row < builder->rows && builder->column == NULL);
    builder->row_start[row + 1]++;
}

um_status umi_sparse_builder_allocate(umi_sparse_builder *builder)
{
    assert(builder->column == NULL);
    for (size_t r = 0; r < builder->rows; r++) {
        builder->row_end[r] = builder->row_start[r];
        builder->row_start[r + 1] += builder->row_start[r];
    }
    size_t n = builder->row_start[builder->rows];
    builder->column = umi_alloc(n, sizeof *builder->column);
    builder->value = umi_alloc(n, sizeof *builder->value);
    return builder->column != NULL && builder->value != NULL ? UM_OK : UM_ERR_MEMORY;
}

bool umi_sparse_builder_put(umi_sparse_builder *builder, size_t row, size_t column, float value)
{
    assert(row < builder->rows && column < builder->cols);
    size_t i = builder->row_end[row];
    if (i == builder->row_start[row + 1]) {
        return false;
    }
    builder->column[i] = (uint32_t)column;
    builder->value[i] = value;
    builder->row_end[row]++;
    return true;
}

bool umi_sparse_builder_is_full(const umi_sparse_builder *builder)
{
    for (size_t r = 0; r < builder->rows; r++) {
        if (builder->row_end[r] != builder->row_start[r + 1]) {
            return false;
        }
    }
    return true;
}

/* -- Sorting ----------------------------------------------------------------------------------- */

struct entry {
    uint32_t column;
    float value;
};

/* Merges two sorted runs, the left one first where columns are equal. */
static void merge(const struct entry *left, size_t n_left, const struct entry *right,
                  size_t n_right, struct entry *to)
{
    while (n_left > 0 && n_right > 0) {
        if (right->column < left->column) {
            *to++ = *right++;
            n_right--;
        } else {
            *to++ = *left++;
            n_left--;
        }
    }
    memcpy(to, left, n_left * sizeof *to);
    memcpy(to + n_left, right, n_right * sizeof *to);
}

/* Sorts by column, stably, which qsort does not promise. Returns whichever of the two arrays of n
 * holds the result. */
static struct entry *sort(struct entry *entries, struct entry *scratch, size_t n)
{
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t i = 0; i < n; i += 2 * width) {
            size_t n_left = width < n - i ? width : n - i;
            size_t n_right = width < n - i - n_left ? width : n - i - n_left;
            merge(entries + i, n_left, entries + i + n_left, n_right, scratch + i);
        }
        struct entry *swapped = entries;
        entries = scratch;
        scratch = swapped;
    }
    return entries;
}

static bool is_sorted(const umi_sparse_builder *builder, size_t row)
{
    for (size_t i = builder->row_start[row] + 1; i < builder->row_start[row + 1]; i++) {
        if (builder->column[i] < builder->column[i - 1]) {
            return false;
        }
    }
    return true;
}

/* The longest row that has to be sorted; 0 when none has to. */
static size_t longest_unsorted(const umi_sparse_builder *builder)
{
    size_t longest = 0;
    for (size_t r = 0; r < builder->rows; r++) {
        size_t n = builder->row_start[r + 1] - builder->row_start[r];
        if (n > longest && !is_sorted(builder, r)) {
            longest = n;
        }
    }
    return longest;
}

static void sort_row(umi_sparse_builder *builder, size_t row, struct entry *entries,
                     struct entry *scratch)
{
    size_t begin = builder->row_start[row];
    size_t n = builder->row_start[row + 1] - begin;
    for (size_t i = 0; i < n; i++) {
        entries[i] = (struct entry){builder->column[begin + i], builder->value[begin + i]};
    }
    const struct entry *sorted = sort(entries, scratch, n);
    for (size_t i = 0; i < n; i++) {
        builder->column[begin + i] = sorted[i].column;
        builder->value[begin + i] = sorted[i].value;
    }
}

/* Sums what stands in the same place, drops zeros, and closes the gaps. */
static void compact(umi_sparse_builder *builder)
{
    size_t n = 0;
    size_t begin = 0;
    for (size_t r = 0; r < builder->rows; r++) {
        size_t end = builder->row_start[r + 1];
        for (size_t i = begin; i < end;) {
            uint32_t column = builder->column[i];
            float sum = 0.0f;
            for (; i < end && builder->column[i] == column; i++) {
                sum += builder->value[i];
            }
            if (sum > 0.0f) {
                builder->column[n] = column;
                builder->value[n++] = sum;
            }
        }
        begin = end;
        builder->row_start[r + 1] = n;
    }
}

um_status umi_sparse_builder_finish(umi_sparse_builder *builder, um_csparse *matrix)
{
    assert(umi_sparse_builder_is_full(builder));
    size_t longest = longest_unsorted(builder);
    if (longest > 0) {
        struct entry *entries = umi_alloc(longest, 2 * sizeof *entries);
        if (entries == NULL) {
            return UM_ERR_MEMORY;
        }
        for (size_t r = 0; r < builder->rows; r++) {
            if (!is_sorted(builder, r)) {
                sort_row(builder, r, entries, entries + longest);
            }
        }
        umi_free(entries);
    }
    compact(builder);
    *matrix = (um_csparse){builder->rows, builder->cols, builder->row_start, builder->column,
                           builder->value};
    return UM_OK;
}
