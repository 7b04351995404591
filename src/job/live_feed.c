#include "job/live_feed.h"

#include "core/memory.h"
#include "job/live_message.h"

#include <string.h>

/* Seconds: from frame to frame, from look to look at the state, and the longest without one. */
static const double frame_time = 1.0 / 40;
static const double look_time = 0.1;
static const double silence_max = 1;

struct umi_live_feed {
    umi_live_feed_config config;
    uint64_t frame; /* the last that was sent */
    /* The model of the state by which atoms were sent last, and theirs, which may be newer. */
    uint64_t told_model, sent_model;
    bool has_atoms, has_state;
    double next_frame, next_look, state_sent;
    size_t n_message, n_taken; /* bytes of `message`, and how many of them have been read */
    size_t n_state;            /* of `last_state` */
    uint8_t message[UMI_LIVE_MESSAGE_SIZE];
    uint8_t last_state[UMI_LIVE_MESSAGE_SIZE];
    /* Where the data is put while it is encoded; too large for the stack of a thread. */
    umi_live_state state;
    umi_live_frame newest;
    umi_live_atoms atoms;
};

umi_live_feed *umi_live_feed_new(const umi_live_feed_config *config)
{
    umi_live_feed *feed = umi_alloc(1, sizeof *feed);
    if (feed != NULL) {
        feed->config = *config;
    }
    return feed;
}

/* Makes a message of the state when there is something to say: 0 when there is not. */
static size_t next_state(umi_live_feed *feed, double now)
{
    size_t n = umi_live_encode_state(&feed->state, feed->message);
    bool same =
        feed->has_state && n == feed->n_state && memcmp(feed->message, feed->last_state, n) == 0;
    if (n == 0 || (same && now - feed->state_sent < silence_max)) {
        return 0;
    }
    memcpy(feed->last_state, feed->message, n);
    feed->n_state = n;
    feed->has_state = true;
    feed->state_sent = now;
    return n;
}

static bool lacks_atoms(const umi_live_feed *feed)
{
    uint64_t model = feed->state.model;
    return !feed->has_atoms || (model != feed->told_model && model != feed->sent_model);
}

static size_t next_atoms(umi_live_feed *feed)
{
    feed->config.atoms(feed->config.user, &feed->atoms);
    feed->told_model = feed->state.model;
    feed->sent_model = feed->atoms.model;
    feed->has_atoms = true;
    return umi_live_encode_atoms(&feed->atoms, feed->message);
}

/* The next message to send, made in feed->message: its bytes, 0 for none. */
static size_t next_message(umi_live_feed *feed, double now)
{
    if (now >= feed->next_look || !feed->has_state) {
        feed->config.state(feed->config.user, &feed->state);
        size_t n = next_state(feed, now);
        /* Other atoms come after the state that tells of their sources, at the next call. */
        feed->next_look = now + look_time;
        if (n > 0) {
            return n;
        }
    }
    if (feed->has_state && lacks_atoms(feed)) {
        return next_atoms(feed);
    }
    if (now >= feed->next_frame &&
        feed->config.frame(feed->config.user, feed->frame, &feed->newest)) {
        /* Kept to the beat though it is looked for a little late each time; not made up for. */
        double beat = feed->next_frame + frame_time;
        feed->next_frame = beat > now ? beat : now + frame_time;
        feed->frame = feed->newest.number;
        return umi_live_encode_frame(&feed->newest, feed->message);
    }
    return 0;
}

size_t umi_live_feed_read(umi_live_feed *feed, double now, void *bytes, size_t size)
{
    if (feed->n_taken == feed->n_message) {
        feed->n_taken = 0;
        feed->n_message = next_message(feed, now);
    }
    size_t n = feed->n_message - feed->n_taken;
    n = n < size ? n : size;
    memcpy(bytes, feed->message + feed->n_taken, n);
    feed->n_taken += n;
    return n;
}

void umi_live_feed_free(umi_live_feed *feed)
{
    umi_free(feed);
}
