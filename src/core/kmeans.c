#include "core/kmeans.h"

#include "core/memory.h"
#include "core/random.h"

#include <float.h>
#include <stdbool.h>
#include <string.h>

enum { ROUNDS_MAX = 200 };

typedef struct problem {
    const double *points;
    const double *weights;
    size_t n, n_dimensions, n_groups;
    double *means;    /* n_groups x n_dimensions */
    double *mass;     /* n_groups */
    double *distance; /* n: to the nearest mean, squared */
    size_t *group_of; /* n */
} problem;

static double squared_distance(const double *a, const double *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum;
}

static void set_mean(problem *p, size_t group, size_t point)
{
    memcpy(p->means + group * p->n_dimensions, p->points + point * p->n_dimensions,
           p->n_dimensions * sizeof(double));
}

/* A point, drawn with a probability proportional to weight * distance; when all of that is zero,
 * uniformly. */
static size_t draw_point(const problem *p, umi_random *random)
{
    double total = 0.0;
    for (size_t i = 0; i < p->n; i++) {
        total += p->weights[i] * p->distance[i];
    }
    if (!(total > 0.0)) {
        return umi_random_below(random, p->n);
    }
    double left = umi_random_uniform(random) * total;
    size_t last = 0;
    for (size_t i = 0; i < p->n; i++) {
        double share = p->weights[i] * p->distance[i];
        if (share > 0.0) {
            last = i;
            left -= share;
            if (left < 0.0) {
                break;
            }
        }
    }
    return last;
}

/* k-means++: every further mean far from those there are. */
static void start_means(problem *p, umi_random *random)
{
    for (size_t i = 0; i < p->n; i++) {
        p->distance[i] = 1.0;
    }
    for (size_t g = 0; g < p->n_groups; g++) {
        set_mean(p, g, draw_point(p, random));
        for (size_t i = 0; i < p->n; i++) {
            double d = squared_distance(p->points + i * p->n_dimensions,
                                        p->means + g * p->n_dimensions, p->n_dimensions);
            p->distance[i] = g == 0 || d < p->distance[i] ? d : p->distance[i];
        }
    }
}

/* Puts every point to its nearest mean; true when one moved. */
static bool assign_points(problem *p)
{
    bool moved = false;
    for (size_t i = 0; i < p->n; i++) {
        size_t nearest = 0;
        double best = DBL_MAX;
        for (size_t g = 0; g < p->n_groups; g++) {
            double d = squared_distance(p->points + i * p->n_dimensions,
                                        p->means + g * p->n_dimensions, p->n_dimensions);
            if (d < best) {
                best = d;
                nearest = g;
            }
        }
        moved |= nearest != p->group_of[i];
        p->group_of[i] = nearest;
        p->distance[i] = best;
    }
    return moved;
}

/* Gives every empty group the point, of a group with others, that lies worst. */
static void fill_empty_groups(problem *p)
{
    for (size_t g = 0; g < p->n_groups; g++) {
        size_t count = 0, worst = p->n;
        for (size_t i = 0; i < p->n; i++) {
            count += p->group_of[i] == g;
        }
        for (size_t i = 0; count == 0 && i < p->n; i++) {
            size_t mates = 0;
            for (size_t j = 0; j < p->n; j++) {
                mates += p->group_of[j] == p->group_of[i];
            }
            if (mates > 1 && (worst == p->n || p->weights[i] * p->distance[i] >
                                                   p->weights[worst] * p->distance[worst])) {
                worst = i;
            }
        }
        if (worst < p->n) {
            p->group_of[worst] = g;
            p->distance[worst] = 0.0;
        }
    }
}

static void move_means(problem *p)
{
    size_t D = p->n_dimensions;
    for (size_t g = 0; g < p->n_groups; g++) {
        double mass = 0.0;
        for (size_t i = 0; i < p->n; i++) {
            mass += p->group_of[i] == g ? p->weights[i] : 0.0;
        }
        p->mass[g] = mass;
        if (mass > 0.0) {
            memset(p->means + g * D, 0, D * sizeof(double));
        }
    }
    for (size_t i = 0; i < p->n; i++) {
        size_t g = p->group_of[i];
        for (size_t d = 0; p->mass[g] > 0.0 && d < D; d++) {
            p->means[g * D + d] += p->points[i * D + d] * p->weights[i] / p->mass[g];
        }
    }
}

static double total_cost(const problem *p)
{
    double cost = 0.0;
    for (size_t i = 0; i < p->n; i++) {
        cost += p->weights[i] * squared_distance(p->points + i * p->n_dimensions,
                                                 p->means + p->group_of[i] * p->n_dimensions,
                                                 p->n_dimensions);
    }
    return cost;
}

um_status umi_kmeans(const double *points, const double *weights, size_t n, size_t n_dimensions,
                     size_t n_groups, size_t n_restarts, uint64_t seed, size_t *group_of)
{
    if (n_groups < 1 || n_groups > n || n_dimensions < 1 || n_restarts < 1) {
        return UM_ERR_ARGUMENT;
    }
    problem p = {points, weights, n, n_dimensions, n_groups, NULL, NULL, NULL, NULL};
    umi_random random = umi_random_seeded(seed);
    um_status status = UM_ERR_MEMORY;
    double best = DBL_MAX;
    p.means = umi_alloc(n_groups * n_dimensions, sizeof(double));
    p.mass = umi_alloc(n_groups, sizeof(double));
    p.distance = umi_alloc(n, sizeof(double));
    p.group_of = umi_alloc(n, sizeof(size_t));
    if (p.means == NULL || p.mass == NULL || p.distance == NULL || p.group_of == NULL) {
        goto done;
    }
    for (size_t restart = 0; restart < n_restarts; restart++) {
        start_means(&p, &random);
        for (int round = 0; round < ROUNDS_MAX; round++) {
            bool moved = assign_points(&p);
            fill_empty_groups(&p);
            move_means(&p);
            if (!moved && round > 0) {
                break;
            }
        }
        double this_cost = total_cost(&p);
        if (restart == 0 || this_cost < best) { /* the first one even when it is not a number */
            best = this_cost;
            memcpy(group_of, p.group_of, n * sizeof(size_t));
        }
    }
    status = UM_OK;
done:
    umi_free(p.means);
    umi_free(p.mass);
    umi_free(p.distance);
    umi_free(p.group_of);
    return status;
}
