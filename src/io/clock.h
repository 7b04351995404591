/* Time that only goes forward, whatever is done to the machine's clock. */
#ifndef UMI_IO_CLOCK_H
#define UMI_IO_CLOCK_H

/* Seconds since some moment. */
double umi_clock_now(void);

/* Seconds of a core that the calling thread has used. */
double umi_clock_thread(void);

#endif
