#include "core/assignment.h"

#include "core/memory.h"

#include <math.h>
#include <stdbool.h>

/* "Agents" are the smaller side, "jobs" the larger: every agent finds a job. */
typedef struct problem {
    const double *cost;
    size_t agent_stride, job_stride; /* where cost(agent, job) lies */
    size_t n_jobs;
    /* Dual potentials: cost - agent_price - job_price is >= 0, and 0 on every pair made. */
    double *agent_price, *job_price;
    size_t *job_of, *agent_of;
    /* Of the search at hand. */
    double *distance; /* of the shortest path to each job */
    size_t *from;     /* the agent before each job on it */
    bool *reached;    /* the path is known to be shortest */
} problem;

static double reduced_cost(const problem *p, size_t agent, size_t job)
{
    return p->cost[agent * p->agent_stride + job * p->job_stride] - p->agent_price[agent] -
           p->job_price[job];
}

/* Dijkstra's search from an agent over reduced costs, forwards along any pair and back along the
 * pairs made, to the nearest free job; returns it. */
static size_t nearest_free_job(problem *p, size_t start)
{
    for (size_t job = 0; job < p->n_jobs; job++) {
        p->distance[job] = INFINITY;
        p->reached[job] = false;
    }
    size_t agent = start;
    double walked = 0;
    for (;;) {
        size_t nearest = UMI_UNASSIGNED;
        for (size_t job = 0; job < p->n_jobs; job++) {
            if (p->reached[job]) {
                continue;
            }
            double distance = walked + reduced_cost(p, agent, job);
            if (distance < p->distance[job]) {
                p->distance[job] = distance;
                p->from[job] = agent;
            }
            if (nearest == UMI_UNASSIGNED || p->distance[job] < p->distance[nearest]) {
                nearest = job;
            }
        }
        p->reached[nearest] = true;
        if (p->agent_of[nearest] == UMI_UNASSIGNED) {
            return nearest;
        }
        walked = p->distance[nearest];
        agent = p->agent_of[nearest];
    }
}

static void assign_one(problem *p, size_t start)
{
    size_t free_job = nearest_free_job(p, start);
    /* Prices move so that the path found costs nothing and no reduced cost falls below 0. */
    double length = p->distance[free_job];
    p->agent_price[start] += length;
    for (size_t job = 0; job < p->n_jobs; job++) {
        if (p->reached[job] && job != free_job) {
            double spare = length - p->distance[job];
            p->agent_price[p->agent_of[job]] += spare;
            p->job_price[job] -= spare;
        }
    }
    /* Along the path, each agent leaves its job to the one before and takes the next. */
    size_t job = free_job, agent;
    do {
        agent = p->from[job];
        size_t left = p->job_of[agent];
        p->job_of[agent] = job;
        p->agent_of[job] = agent;
        job = left;
    } while (agent != start);
}

um_status umi_assign(const double *cost, size_t n_rows, size_t n_columns, size_t *column_of_row)
{
    bool rows_are_agents = n_rows <= n_columns;
    size_t n_agents = rows_are_agents ? n_rows : n_columns;
    size_t n_jobs = rows_are_agents ? n_columns : n_rows;
    problem p = {
        .cost = cost,
        .agent_stride = rows_are_agents ? n_columns : 1,
        .job_stride = rows_are_agents ? 1 : n_columns,
        .n_jobs = n_jobs,
        .agent_price = umi_alloc(n_agents, sizeof(double)),
        .job_price = umi_alloc(n_jobs, sizeof(double)),
        .job_of = umi_alloc(n_agents, sizeof(size_t)),
        .agent_of = umi_alloc(n_jobs, sizeof(size_t)),
        .distance = umi_alloc(n_jobs, sizeof(double)),
        .from = umi_alloc(n_jobs, sizeof(size_t)),
        .reached = umi_alloc(n_jobs, sizeof(bool)),
    };
    um_status status = UM_ERR_MEMORY;
    if (p.agent_price == NULL || p.job_price == NULL || p.job_of == NULL || p.agent_of == NULL ||
        p.distance == NULL || p.from == NULL || p.reached == NULL) {
        goto fail;
    }
    for (size_t job = 0; job < n_jobs; job++) {
        p.agent_of[job] = UMI_UNASSIGNED;
    }
    for (size_t agent = 0; agent < n_agents; agent++) {
        assign_one(&p, agent);
    }
    for (size_t row = 0; row < n_rows; row++) {
        column_of_row[row] = rows_are_agents ? p.job_of[row] : p.agent_of[row];
    }
    status = UM_OK;
fail:
    umi_free(p.agent_price);
    umi_free(p.job_price);
    umi_free(p.job_of);
    umi_free(p.agent_of);
    umi_free(p.distance);
    umi_free(p.from);
    umi_free(p.reached);
    return status;
}
